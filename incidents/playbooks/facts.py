"""The facts a step may depend on, and whether they hold; no database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class FactRule:
    """One question about an incident: how it is asked, what is typed, and the words of a no."""

    label: str | Promise
    is_number: bool
    otherwise: str


FACT_RULES: dict[str, FactRule] = {
    "severity": FactRule(
        _("Severity is at least (1 is the worst)"),
        True,
        gettext_noop("Not needed because the severity is only %(now)s"),
    ),
    "kind": FactRule(
        _("Kind of incident is"),
        False,
        gettext_noop("Not needed because the incident is of another kind: %(now)s"),
    ),
    "sites": FactRule(
        _("Sites hit, at least"),
        True,
        gettext_noop("Not needed because only %(now)s sites are hit"),
    ),
    "pending_records": FactRule(
        _("Records waiting to be synchronised, at least"),
        True,
        gettext_noop("Not needed because only %(now)s records wait to be synchronised"),
    ),
    "exercise": FactRule(
        _("Exercise (yes or no)"),
        False,
        gettext_noop("Not needed because this is an exercise or because it is real: %(now)s"),
    ),
}


def fact_holds(name: str, wanted: Any, facts: Facts) -> bool:
    """Whether one fact is as the plan wants it; what nobody knows never leaves a step out."""
    now = facts.get(name)
    if now is None or name not in FACT_RULES:
        return True
    if not FACT_RULES[name].is_number:
        return str(now) == str(wanted)
    # 1 is the worst severity: "at least" counts downwards there.
    gap = int(now) - int(wanted)
    return gap <= 0 if name == "severity" else gap >= 0


def why_not_needed(condition: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """The first fact that leaves a step out, as a message with its parameters; {} if none does."""
    for wanted in condition.get("facts", []):
        name = wanted.get("fact", "")
        if not fact_holds(name, wanted.get("value"), facts):
            return {
                "by": "facts",
                "message": FACT_RULES[name].otherwise,
                "params": {"now": facts[name]},
            }
    return {}
