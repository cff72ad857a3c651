"""A plan as plain values: what a data file holds, an import finds, and a version is made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import get_language


@dataclass(frozen=True)
class StepPlan:
    """One thing to do."""

    text: str
    key: str = ""
    instructions: str = ""
    role: str = ""
    due_within: timedelta | None = None
    is_decision: bool = False
    options: list[Any] = field(default_factory=list)
    authority: str = ""
    needs_second_person: bool = False
    right: str = ""
    evidence: str = ""
    default_option: str = ""
    branch: str = ""
    condition: dict[str, Any] = field(default_factory=dict)
    action: dict[str, Any] = field(default_factory=dict)
    unfinished: str = ""
    translations: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PhasePlan:
    """A stage, its clock and whom it calls."""

    kind: str
    name: str
    steps: tuple[StepPlan, ...]
    escalates_after: timedelta | None = None
    policy: str = ""
    translations: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaybookPlan:
    """A whole plan."""

    code: str
    title: str
    phases: tuple[PhasePlan, ...]
    scenario: str = ""
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    source: str = ""
    rto: timedelta | None = None
    translations: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> Mapping[str, Any]:
        """The content as plain data, for a fingerprint."""
        return asdict(self)

    @property
    def steps(self) -> list[StepPlan]:
        """Every step in the order of the plan."""
        return [step for phase in self.phases for step in phase.steps]

    @property
    def unfinished(self) -> list[str]:
        """What was not understood, in words."""
        return [step.unfinished for step in self.steps if step.unfinished]


def said(holder: StepPlan | PhasePlan | PlaybookPlan, name: str) -> str:
    """One field in the reader's language, or in the language it was written in."""
    language = (get_language() or "en").split("-")[0]
    return str(holder.translations.get(language, {}).get(name) or getattr(holder, name))


def said_options(step: StepPlan) -> list[tuple[str, str]]:
    """The options of a decision in the reader's language, as (stored, shown)."""
    language = (get_language() or "en").split("-")[0]
    return [_option(option, language) for option in step.options]


def _option(option: Any, language: str) -> tuple[str, str]:
    if not isinstance(option, dict):
        return str(option), str(option)
    words = option.get("text", {})
    return str(option["key"]), str(words.get(language) or words.get("en") or option["key"])
