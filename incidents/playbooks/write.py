"""Writes a plan down for other programs and people: our JSON, Markdown, CACAO 2.0."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from bcp_portal.shared.durations import format_duration
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan

# Names the extension that carries our own shape inside a CACAO file, so that nothing is lost.
EXTENSION = f"extension-definition--{uuid5(NAMESPACE_URL, 'siaga/playbook')}"
_TYPES = {
    "identification": "investigation",
    "containment": "mitigation",
    "eradication": "remediation",
    "recovery": "remediation",
    "review": "engagement",
}


def plan_data(plan: PlaybookPlan) -> dict[str, Any]:
    """A plan in the shape that `read_plan` reads; what is empty is left out."""
    return _full(
        {
            "code": plan.code,
            "title": _words(plan, "title"),
            "scenario": _words(plan, "scenario"),
            "kinds": list(plan.kinds),
            "rules": list(plan.rules),
            "rto": _span(plan.rto),
            "phases": [_phase_data(phase) for phase in plan.phases],
        }
    )


def write_json(plan: PlaybookPlan) -> str:
    """A plan as a data file of ours."""
    return json.dumps(plan_data(plan), ensure_ascii=False, indent=1) + "\n"


def write_markdown(plan: PlaybookPlan) -> str:
    """A plan as a document with check boxes, for paper and for other tools."""
    lines = [f"# {plan.title}", "", f"Code: {plan.code}", ""]
    if plan.scenario:
        lines += [plan.scenario, ""]
    for number, phase in enumerate(plan.phases, start=1):
        lines += [f"## {number}. {phase.name}", ""]
        for step in phase.steps:
            lines += [*_markdown_step(step, plan), ""]
    return "\n".join(lines)


def write_cacao(plan: PlaybookPlan, *, at: datetime) -> str:
    """A plan as a CACAO 2.0 playbook; our own shape rides along as an extension."""
    flow = _workflow(plan)
    moment = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    us = f"identity--{uuid5(NAMESPACE_URL, 'siaga')}"
    roles = sorted({step.role for step in plan.steps if step.role})
    content = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": f"playbook--{uuid5(NAMESPACE_URL, plan.code)}",
        "name": plan.title,
        "description": plan.scenario,
        "playbook_types": sorted({_TYPES[phase.kind] for phase in plan.phases}),
        "created_by": us,
        "created": moment,
        "modified": moment,
        "workflow_start": next(iter(flow)),
        "workflow": flow,
        "agent_definitions": {_agent(role): {"type": "group", "name": role} for role in roles},
        "extension_definitions": {
            EXTENSION: {
                "type": "extension-definition",
                "name": "Siaga playbook",
                "created_by": us,
                "schema": "siaga-playbook",
                "version": "1.0",
            }
        },
        "playbook_extensions": {EXTENSION: plan_data(plan)},
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _phase_data(phase: PhasePlan) -> dict[str, Any]:
    return _full(
        {
            "kind": phase.kind,
            "name": _words(phase, "name"),
            "escalates_after": _span(phase.escalates_after),
            "policy": phase.policy,
        }
    ) | {"steps": [_step_data(step) for step in phase.steps]}


def _step_data(step: StepPlan) -> dict[str, Any]:
    plain = ("key", "role", "right", "options", "default_option", "condition", "action")
    told = ("text", "instructions", "authority", "evidence", "branch")
    return _full(
        {name: _words(step, name) for name in told}
        | {name: getattr(step, name) for name in plain}
        | {
            "due_within": _span(step.due_within),
            "is_decision": step.is_decision,
            "needs_second_person": step.needs_second_person,
            "unfinished": step.unfinished,
        }
    )


def _words(holder: Any, name: str) -> Any:
    others = {
        language: words[name] for language, words in holder.translations.items() if words.get(name)
    }
    return {"en": getattr(holder, name), **others} if others else getattr(holder, name)


def _full(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in ("", None, [], {}, False)}


def _span(span: Any) -> str:
    return "" if span is None else f"{int(span.total_seconds())}s"


def _markdown_step(step: StepPlan, plan: PlaybookPlan) -> Iterator[str]:
    yield f"- [ ] {step.text}"
    for label, value in _rules(step, plan):
        yield f"  - {label}: {value}"
    if step.instructions:
        yield ""
        yield from (f"  {line}".rstrip() for line in step.instructions.splitlines())


def _rules(step: StepPlan, plan: PlaybookPlan) -> Iterator[tuple[str, str]]:
    needed = next((s.text for s in plan.steps if s.key == step.condition.get("step", "-")), "")
    chosen = step.condition.get("chosen", "")
    facts = step.condition.get("facts", [])
    rules = (
        ("Role", step.role),
        ("Within", format_duration(step.due_within) if step.due_within else ""),
        ("Branch", step.branch),
        ("Authority", step.authority),
        ("People", "two" if step.needs_second_person else ""),
        ("Evidence", step.evidence),
        ("Options", ", ".join(str(o["key"] if isinstance(o, dict) else o) for o in step.options)),
        ("Default", step.default_option),
        ("Only after", " = ".join(filter(None, [needed, chosen]))),
        ("Only if", "; ".join(f"{f.get('fact')} {f.get('value')}" for f in facts)),
    )
    return ((label, value) for label, value in rules if value)


def _agent(role: str) -> str:
    return f"group--{uuid5(NAMESPACE_URL, f'siaga/{role}')}"


def _workflow(plan: PlaybookPlan) -> dict[str, Any]:
    """One chain in the order of the plan; a decision is a switch whose cases rejoin the chain."""
    steps = plan.steps
    names = [_step_id(plan, step, number) for number, step in enumerate(steps)]
    start, end = (
        f"{kind}--{uuid5(NAMESPACE_URL, f'{plan.code}/{kind}')}" for kind in ("start", "end")
    )
    after = [*names[1:], end]
    flow: dict[str, Any] = {start: {"type": "start", "on_completion": (names or [end])[0]}}
    for step, name, following in zip(steps, names, after, strict=True):
        flow[name] = _cacao_step(step, following)
    flow[end] = {"type": "end"}
    return flow


def _step_id(plan: PlaybookPlan, step: StepPlan, number: int) -> str:
    kind = "switch-condition" if step.is_decision else "action"
    return f"{kind}--{uuid5(NAMESPACE_URL, f'{plan.code}/{step.key or number}')}"


def _cacao_step(step: StepPlan, following: str) -> dict[str, Any]:
    common: dict[str, Any] = {"name": step.text, "description": step.instructions}
    if step.due_within is not None:
        common["timeout"] = int(step.due_within.total_seconds() * 1000)
    if step.is_decision:
        keys = [str(o["key"] if isinstance(o, dict) else o) for o in step.options]
        return common | {
            "type": "switch-condition",
            "switch": step.text,
            "cases": dict.fromkeys([*keys, "default"], following),
        }
    command = {"type": "manual", "command": step.text}
    agent = {"agent": _agent(step.role)} if step.role else {}
    return common | {"type": "action", "commands": [command], "on_completion": following} | agent
