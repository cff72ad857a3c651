"""Reads a plan from a data file of ours; what is wrong is said with its place."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.shared.durations import parse_duration
from bcp_portal.shared.errors import DomainError
from incidents.models import PhaseKind, RoleName
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan

HERE = Path(__file__).resolve().parent


class PlanUnreadableError(DomainError):
    """The file is not a plan."""


def ready_plans() -> Iterator[PlaybookPlan]:
    """The plans that come with the portal."""
    for path in sorted(HERE.glob("*.json")):
        yield read_plan(path.read_text(encoding="utf-8"), source="")


def read_plan(text: str, *, source: str) -> PlaybookPlan:
    """Read one plan from JSON."""
    try:
        return plan_from(json.loads(text), source=source)
    except json.JSONDecodeError as error:
        raise PlanUnreadableError(
            _("Line %(line)s is not JSON: %(what)s.") % {"line": error.lineno, "what": error.msg}
        ) from error


def plan_from(content: Any, *, source: str) -> PlaybookPlan:
    """Read one plan from parsed JSON."""
    try:
        return PlaybookPlan(
            code=content["code"],
            title=_first(content["title"]),
            scenario=_first(content.get("scenario", "")),
            kinds=tuple(content.get("kinds", ())),
            rules=tuple(content.get("rules", ())),
            rto=_span(content.get("rto")),
            source=source,
            translations=_others(content, "title", "scenario"),
            phases=tuple(_phase(phase) for phase in content["phases"]),
        )
    except KeyError as error:
        raise PlanUnreadableError(_("“%(name)s” is missing.") % {"name": error.args[0]}) from error
    except (TypeError, AttributeError, ValueError) as error:
        raise PlanUnreadableError(_("This is not a plan: %(what)s.") % {"what": error}) from error


def _phase(content: dict[str, Any]) -> PhasePlan:
    return PhasePlan(
        kind=PhaseKind(content["kind"]).value,
        name=_first(content["name"]),
        escalates_after=_span(content.get("escalates_after")),
        policy=content.get("policy", ""),
        translations=_others(content, "name"),
        steps=tuple(_step(step) for step in content["steps"]),
    )


def _step(content: dict[str, Any]) -> StepPlan:
    role = content.get("role", "")
    return StepPlan(
        text=_first(content["text"]),
        key=content.get("key", ""),
        instructions=_first(content.get("instructions", "")),
        role=RoleName(role).value if role else "",
        due_within=_span(content.get("due_within")),
        is_decision=bool(content.get("is_decision", False)),
        options=content.get("options", []),
        authority=_first(content.get("authority", "")),
        needs_second_person=bool(content.get("needs_second_person", False)),
        right=content.get("right", ""),
        evidence=_first(content.get("evidence", "")),
        default_option=content.get("default_option", ""),
        branch=_first(content.get("branch", "")),
        condition=content.get("condition", {}),
        action=content.get("action", {}),
        unfinished=content.get("unfinished", ""),
        translations=_others(content, "text", "instructions", "authority", "evidence", "branch"),
    )


def _first(words: Any) -> str:
    """The English words, which the plain columns hold."""
    return str(words["en"]) if isinstance(words, dict) else str(words)


def _others(content: dict[str, Any], *names: str) -> dict[str, Any]:
    """The words in every other language: {"id": {"text": "…"}}."""
    found: dict[str, Any] = {}
    for name in names:
        words = content.get(name)
        if not isinstance(words, dict):
            continue
        for language, text in words.items():
            if language != "en":
                found.setdefault(language, {})[name] = text
    return found


def _span(text: str | None) -> timedelta | None:
    return parse_duration(text) if text else None
