"""Reads a plan from a CACAO 2.0 playbook, and invents nothing.

Steps are taken in the order in which the workflow completes. What only a machine could carry out,
or what has no place in a list of steps, is kept word for word and marked as unfinished.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from incidents.models import PhaseKind
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.playbooks.reader import PlanUnreadableError, plan_from
from incidents.playbooks.write import EXTENSION

_KINDS = {
    "detection": PhaseKind.IDENTIFICATION,
    "engagement": PhaseKind.IDENTIFICATION,
    "investigation": PhaseKind.IDENTIFICATION,
    "mitigation": PhaseKind.CONTAINMENT,
    "prevention": PhaseKind.CONTAINMENT,
    "remediation": PhaseKind.RECOVERY,
    "notification": PhaseKind.CONTAINMENT,
}
_BRANCHES = ("on_true", "on_false", "on_success", "on_failure")
Workflow = dict[str, dict[str, Any]]


def is_cacao(content: Any) -> bool:
    """Whether this is a CACAO playbook at all."""
    return isinstance(content, dict) and str(content.get("spec_version", "")).startswith("cacao-2")


def read_cacao(content: dict[str, Any], *, source: str, code: str = "") -> PlaybookPlan:
    """Read a plan from the parsed JSON of a CACAO 2.0 playbook."""
    ours = content.get("playbook_extensions", {}).get(EXTENSION)
    if ours is not None:
        # A file of ours that came back: nothing has to be guessed.
        plan = plan_from(ours, source=source[:200])
        return replace(plan, code=code) if code else plan
    workflow = content.get("workflow")
    start = content.get("workflow_start")
    if not isinstance(workflow, dict) or start not in workflow:
        raise PlanUnreadableError(_("The playbook has no workflow that starts anywhere."))
    steps = [_step(key, step) for key, step in _in_order(workflow, str(start))]
    steps += [
        _with_fault(_step(key, step), _("nothing leads to this step"))
        for key, step in _unreached(workflow, str(start))
    ]
    if not steps:
        raise PlanUnreadableError(_("The workflow holds nothing to do."))
    types = [str(kind) for kind in content.get("playbook_types", [])]
    known = [_KINDS[kind] for kind in types if kind in _KINDS]
    if len(set(known)) != 1:
        what = _("the file names no single phase (%(types)s); sort the steps into phases")
        steps[0] = _with_fault(steps[0], what % {"types": ", ".join(types) or "–"})
    kind = known[0] if known else PhaseKind.IDENTIFICATION
    name = str(content.get("name") or source)
    return PlaybookPlan(
        code=code or f"PB-{slugify(name).upper()}"[:40].rstrip("-"),
        title=name[:200],
        scenario=str(content.get("description", "")),
        source=source[:200],
        phases=(PhasePlan(kind=kind.value, name=str(kind.label), steps=tuple(steps)),),
    )


def _in_order(workflow: Workflow, start: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The steps with something to do, each once, as the workflow reaches them."""
    for key in _reached(workflow, start):
        if workflow[key].get("type") not in ("start", "end"):
            yield key, workflow[key]


def _unreached(workflow: Workflow, start: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reached = set(_reached(workflow, start))
    for key, step in workflow.items():
        if key not in reached and step.get("type") not in ("start", "end"):
            yield key, step


def _reached(workflow: Workflow, start: str) -> list[str]:
    order: list[str] = []
    waiting = [start]
    while waiting:
        key = waiting.pop(0)
        if key in order or not isinstance(workflow.get(key), dict):
            continue
        order.append(key)
        step = workflow[key]
        branches = [str(step[name]) for name in _BRANCHES if step.get(name)]
        branches += [str(target) for target in step.get("next_steps", [])]
        branches += [str(target) for target in dict(step.get("cases", {})).values()]
        if step.get("on_completion"):
            branches.append(str(step["on_completion"]))
        waiting = branches + waiting
    return order


def _step(key: str, step: dict[str, Any]) -> StepPlan:
    kind = str(step.get("type", ""))
    text = str(step.get("name") or step.get("description") or key)
    commands = [command for command in step.get("commands", []) if isinstance(command, dict)]
    kept = [str(step.get("description", ""))]
    kept += [f"```{c.get('type', '')}\n{c.get('command', '')}\n```" for c in commands]
    if step.get("condition"):
        kept.append(f"`{step['condition']}`")
    if kind not in ("action", "if-condition"):
        rest = {name: value for name, value in step.items() if name not in ("name", "description")}
        kept.append(f"```json\n{json.dumps(rest, indent=1, sort_keys=True)}\n```")
    return StepPlan(
        text=text[:300],
        key=slugify(key)[:60],
        instructions="\n\n".join(filter(None, kept)),
        is_decision=kind == "if-condition",
        options=["yes", "no"] if kind == "if-condition" else [],
        unfinished=_fault(kind, step, commands),
    )


def _fault(kind: str, step: dict[str, Any], commands: list[dict[str, Any]]) -> str:
    if kind == "if-condition":
        return _("a condition written for machines; put the question into words")
    if kind != "action":
        return _("a step of the kind “%(kind)s”, which a list of steps cannot hold") % {
            "kind": kind or "?"
        }
    machine = sorted({str(c.get("type")) for c in commands if c.get("type") != "manual"})
    if machine:
        return _("commands for machines (%(kinds)s); nobody carries them out here") % {
            "kinds": ", ".join(machine)
        }
    return "" if step.get("name") or step.get("description") else _("the step has no words")


def _with_fault(step: StepPlan, what: str) -> StepPlan:
    told = "; ".join(filter(None, [what, step.unfinished]))[:500]
    return StepPlan(
        text=step.text,
        key=step.key,
        instructions=step.instructions,
        is_decision=step.is_decision,
        options=step.options,
        unfinished=told,
    )
