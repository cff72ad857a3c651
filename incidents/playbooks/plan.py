"""A plan as plain values: what a data file holds, an import finds, and a version is made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any


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
    def unfinished(self) -> list[str]:
        """What was not understood, in words."""
        return [step.unfinished for phase in self.phases for step in phase.steps if step.unfinished]
