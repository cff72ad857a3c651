"""How a run of a plan would go if every deadline were used up; no database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from incidents.models.wording import render_message
from incidents.playbooks.facts import Facts, why_not_needed
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan, said, said_options

NONE = timedelta(0)


@dataclass(frozen=True)
class PreviewStep:
    """One step: when it would be done at the latest, or why it would be left out."""

    step: StepPlan
    text: str
    due: timedelta | None
    why_not: str
    options: list[tuple[str, str]]
    chosen: str

    @property
    def is_needed(self) -> bool:
        """Whether somebody would have to do it."""
        return not self.why_not


@dataclass(frozen=True)
class PreviewPhase:
    """One phase: when it would begin and end, and its branches side by side."""

    phase: PhasePlan
    name: str
    begins: timedelta
    ends: timedelta
    calls: timedelta | None
    branches: list[tuple[str, list[PreviewStep]]]


@dataclass(frozen=True)
class Preview:
    """A whole run as it would go."""

    phases: list[PreviewPhase]
    rto: timedelta | None
    back_after: timedelta
    needed: int
    left_out: int

    @property
    def fits(self) -> bool | None:
        """Whether everything up to the recovery fits into the RTO; None where none is known."""
        return None if self.rto is None else self.back_after <= self.rto


class _Walk:
    """Goes through the steps once and remembers what was chosen or left out."""

    def __init__(self, plan: PlaybookPlan, facts: Facts, choices: Mapping[str, str]) -> None:
        self.plan, self.facts, self.choices = plan, facts, choices
        self.chosen: dict[str, str] = {}
        self.texts = {step.key: said(step, "text") for step in plan.steps}
        self.left_out: set[str] = set()

    def step(self, step: StepPlan, begins: timedelta) -> PreviewStep:
        why = self._why_not(step)
        options = said_options(step)
        keys = [key for key, _shown in options]
        asked = self.choices.get(step.key, "")
        chosen = asked if asked in keys else step.default_option or next(iter(keys), "")
        if why:
            self.left_out.add(step.key)
        elif step.is_decision:
            self.chosen[step.key] = chosen
        due = None if step.due_within is None else begins + step.due_within
        return PreviewStep(step, said(step, "text"), due, why, options, chosen)

    def _why_not(self, step: StepPlan) -> str:
        needed, wanted = step.condition.get("step", ""), step.condition.get("chosen")
        if wanted and needed in self.left_out:
            return _("“%(step)s” would be left out") % {"step": self.texts.get(needed, needed)}
        if wanted and self.chosen.get(needed) != wanted:
            return _("another decision at “%(step)s”") % {"step": self.texts.get(needed, needed)}
        why = why_not_needed(step.condition, self.facts)
        return render_message(why["message"], why["params"]) if why else ""


def preview_run(plan: PlaybookPlan, *, facts: Facts, choices: Mapping[str, str]) -> Preview:
    """Walk through a plan with these facts and choices; a phase begins when the last one ends."""
    walk = _Walk(plan, facts, choices)
    at, back_after = NONE, NONE
    phases: list[PreviewPhase] = []
    for phase in plan.phases:
        steps = [walk.step(step, at) for step in phase.steps]
        ends = max([at, *(step.due for step in steps if step.is_needed and step.due is not None)])
        calls = None if phase.escalates_after is None else at + phase.escalates_after
        phases.append(PreviewPhase(phase, said(phase, "name"), at, ends, calls, _lanes(steps)))
        at = ends
        if phase.kind != "review":
            back_after = ends
    left_out = len(walk.left_out)
    return Preview(phases, plan.rto, back_after, len(plan.steps) - left_out, left_out)


def _lanes(steps: list[PreviewStep]) -> list[tuple[str, list[PreviewStep]]]:
    lanes: dict[str, list[PreviewStep]] = {}
    for step in steps:
        lanes.setdefault(said(step.step, "branch"), []).append(step)
    return list(lanes.items())
