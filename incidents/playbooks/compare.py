"""What differs between two plans, step by step and field by field; no database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from bcp_portal.shared.durations import format_duration
from incidents.models import RoleName, StepRight
from incidents.playbooks.edit import with_keys
from incidents.playbooks.facts import FACT_RULES
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan

LABELS = {
    "text": _("Step"),
    "instructions": _("Instructions"),
    "role": _("Role"),
    "due_within": _("Within"),
    "is_decision": _("Decision"),
    "options": _("Options"),
    "authority": _("Authority"),
    "needs_second_person": _("Two people"),
    "right": _("Right"),
    "evidence": _("Proof"),
    "default_option": _("Default"),
    "branch": _("Branch"),
    "condition": _("Condition"),
    "action": _("Action"),
    "unfinished": _("Unfinished"),
    "translations": _("Other languages"),
    "name": _("Phase"),
    "kind": _("Kind"),
    "escalates_after": _("Escalates after"),
    "policy": _("Policy"),
}


@dataclass(frozen=True)
class Difference:
    """One field before and after."""

    label: Any
    before: str
    after: str


@dataclass(frozen=True)
class StepChange:
    """A step or phase that is new, gone, moved or changed."""

    what: str
    place: str
    text: str
    differences: tuple[Difference, ...] = ()


def compare_plans(old: PlaybookPlan, new: PlaybookPlan) -> list[StepChange]:
    """Everything that differs, in the order of the new plan; then what is gone."""
    before, after = with_keys(old), with_keys(new)
    changes = list(_phases(before, after))
    was, now = _placed(before), _placed(after)
    for key, (place, number, step) in now.items():
        if key not in was:
            changes.append(StepChange("added", place, step.text))
            continue
        old_place, old_number, old_step = was[key]
        differences = tuple(_differences(old_step, step, skip=("key",)))
        if differences:
            changes.append(StepChange("changed", place, step.text, differences))
        elif (old_place, old_number) != (place, number) and _really_moved(key, was, now):
            changes.append(StepChange("moved", place, step.text))
    changes += [
        StepChange("removed", place, step.text)
        for key, (place, _number, step) in was.items()
        if key not in now
    ]
    return changes


def _placed(plan: PlaybookPlan) -> dict[str, tuple[str, int, StepPlan]]:
    return {
        step.key: (phase.name, number, step)
        for phase in plan.phases
        for number, step in enumerate(phase.steps)
    }


def _really_moved(key: str, was: dict[str, Any], now: dict[str, Any]) -> bool:
    """A step that only slid because a neighbour came or went has not been moved."""
    shared = [k for k in was if k in now]
    order = [k for k in now if k in was]
    return was[key][0] != now[key][0] or shared.index(key) != order.index(key)


def _phases(old: PlaybookPlan, new: PlaybookPlan) -> Iterator[StepChange]:
    names = {phase.name: phase for phase in old.phases}
    for phase in new.phases:
        if phase.name not in names:
            yield StepChange("added", phase.name, phase.name)
        elif found := tuple(_differences(names[phase.name], phase, skip=("steps",))):
            yield StepChange("changed", phase.name, phase.name, found)
    kept = {phase.name for phase in new.phases}
    yield from (StepChange("removed", name, name) for name in names if name not in kept)


def _differences(
    old: StepPlan | PhasePlan, new: StepPlan | PhasePlan, *, skip: tuple[str, ...]
) -> Iterator[Difference]:
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name not in skip and before != after:
            told = _TOLD.get(field.name, _shown)
            yield Difference(LABELS.get(field.name, field.name), told(before), told(after))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, timedelta) or value is None:
        return format_duration(value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(inner)}" for name, inner in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_shown(inner) for inner in value) or "–"
    return str(value) or "–"


def _condition(condition: dict[str, Any]) -> str:
    facts = [
        f"{FACT_RULES[f['fact']].label if f.get('fact') in FACT_RULES else '?'} {f.get('value')}"
        for f in condition.get("facts", [])
    ]
    chosen = " = ".join(filter(None, [condition.get("step", ""), condition.get("chosen", "")]))
    return "; ".join(filter(None, [chosen, *facts])) or "–"


_TOLD: dict[str, Callable[[Any], str]] = {
    "condition": _condition,
    "right": lambda value: str(dict(StepRight.choices).get(value, value) or "–"),
    "role": lambda value: str(dict(RoleName.choices).get(value, value) or "–"),
}
