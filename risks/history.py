"""What differs between two pictures of the register: no database, no clock."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assets.models import SigningRole
from bcp_portal.shared.durations import format_duration
from risks.models import (
    ControlKind,
    ControlNature,
    Effectiveness,
    PlanKind,
    PlanState,
    RiskStatus,
    TreatmentKind,
    TreatmentStatus,
)

Facts = Mapping[str, Any]
PLAIN = (
    "title",
    "category",
    "unit",
    "owner",
    "business_owner",
    "status",
    "review_on",
    "cause",
    "consequence",
    "judge_again",
)
ANSWERS = ("acceptance", "treatments", "custom")
JUDGEMENTS = ("inherent", "residual", "target")
SETS = (
    "controls",
    "indicators",
    "assets",
    "threats",
    "third_parties",
    "playbooks",
    "risks",
    "needs",
)
# What a control and a plan say besides.
MORE = (
    "name",
    "kind",
    "nature",
    "description",
    "design",
    "effectiveness",
    "tested_on",
    "withdrawn_on",
)
PLANS = ("version", "state", "scenario", "approved_by", "text")
SPANS = ("rto", "rpo", "mtpd", "wrt", "bears", "own_restore", "backup_every")
OBJECTIVES = (*SPANS, "mbco", "signed_by", "proposed")


# What versions keep as codes, and people read as words.
CHOICES: Mapping[str, Mapping[str, Any]] = {
    name: {code: label for kind in kinds for code, label in kind.choices}
    for name, kinds in {
        "status": (RiskStatus,),
        "kind": (ControlKind, PlanKind),
        "nature": (ControlNature,),
        "design": (Effectiveness,),
        "effectiveness": (Effectiveness,),
        "state": (PlanState,),
        "treatment": (TreatmentKind,),
        "treatment_status": (TreatmentStatus,),
    }.items()
}


@dataclass(frozen=True)
class FieldDifference:
    """One field, as it was and as it is."""

    field: str
    before: str
    after: str


def differences(before: Facts, after: Facts) -> list[FieldDifference]:
    """Field by field, in the order in which people read; nothing where nothing differs."""
    return [
        FieldDifference(name, was, now)
        for name in _names(before, after)
        for was, now in ((words(before, name), words(after, name)),)
        if was != now
    ]


def _names(before: Facts, after: Facts) -> Iterator[str]:
    order = (
        *PLAIN,
        *MORE,
        *PLANS,
        *OBJECTIVES,
        *JUDGEMENTS,
        "acceptance",
        "treatments",
        "custom",
        *SETS,
    )
    return (name for name in order if name in before or name in after)


def words(facts: Facts, name: str) -> str:
    """One field as plain words; the same facts give the same words."""
    value = facts.get(name)
    if value is None or value == "":
        return ""
    if name in JUDGEMENTS:
        return f"{value['likelihood']}×{value['impact']} {value['level']}"
    if name in SPANS:
        return format_duration(value)
    if name == "custom":
        return "; ".join(f"{key}: {one}" for key, one in value.items())
    if name in SETS:
        return ", ".join(value)
    return TELLERS[name](value) if name in TELLERS else _choice(name, value)


def _choice(name: str, value: Any) -> str:
    """A code as its word in the reader's language; anything else as it is."""
    return str(CHOICES.get(name, {}).get(value, value))


def _treatment(one: Facts) -> str:
    cost = f" {one['cost']:,.0f}" if "cost" in one else ""
    kind, status = _choice("treatment", one["kind"]), _choice("treatment_status", one["status"])
    said = f"{kind}: {one['plan']} ({status}){cost}"
    actions = one.get("actions", ())
    return f"{said} [{', '.join(_action(each) for each in actions)}]" if actions else said


def _action(one: Facts) -> str:
    """An action in one breath: whatever of it changes, these words change."""
    cost = f" {one['cost']:,.0f}" if "cost" in one else ""
    until = f" → {one['due_on']}" if one["due_on"] else ""
    status = _choice("treatment_status", one["status"])
    return f"{one['title']}, {one['owner']}{until} ({status}){cost}"


TELLERS: dict[str, Callable[[Any], str]] = {
    "acceptance": lambda one: f"{one['by']} → {one['expires_on']}",
    "treatments": lambda many: "; ".join(_treatment(one) for one in many),
    "proposed": lambda spans: ", ".join(
        f"{name.upper()} {format_duration(spans[name])}" for name in SPANS[:4]
    ),
    "signed_by": lambda many: ", ".join(
        f"{one['by']} ({SigningRole(one['role']).label})" for one in many
    ),
}
