"""Changes of a plan as pure functions: each takes a plan and gives the changed one.

A step is named by its key, so that a change fits whatever somebody else did to the plan meanwhile.
"""

from collections.abc import Callable
from dataclasses import replace

from django.utils.text import slugify
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan

Change = Callable[[PlaybookPlan], PlaybookPlan]


class PlanEditError(DomainError):
    """The plan cannot be changed like this."""


def with_keys(plan: PlaybookPlan) -> PlaybookPlan:
    """Give every step a key of its own; keys that are there stay."""
    taken = {step.key for step in plan.steps if step.key}
    seen: set[str] = set()
    phases = []
    for phase in plan.phases:
        steps = []
        for step in phase.steps:
            key = step.key if step.key and step.key not in seen else free_key(step.text, taken)
            taken.add(key)
            seen.add(key)
            steps.append(replace(step, key=key))
        phases.append(replace(phase, steps=tuple(steps)))
    return replace(plan, phases=tuple(phases))


def free_key(text: str, taken: set[str]) -> str:
    """A key made of the words of a step that no other step has."""
    stem = slugify(text)[:40].strip("-") or "step"
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def find_step(plan: PlaybookPlan, key: str) -> tuple[int, int]:
    """The phase and the place of a step, both counted from 0."""
    for at_phase, phase in enumerate(plan.phases):
        for place, step in enumerate(phase.steps):
            if step.key == key:
                return at_phase, place
    raise PlanEditError(_("This step is no longer in the plan. Load the page again."))


def step_named(plan: PlaybookPlan, key: str) -> StepPlan:
    """One step of a plan."""
    phase, place = find_step(plan, key)
    return plan.phases[phase].steps[place]


def add_step(plan: PlaybookPlan, *, phase: int, step: StepPlan) -> PlaybookPlan:
    """Put a new step at the end of a phase."""
    key = step.key or free_key(step.text, {known.key for known in plan.steps})
    old = _phase(plan, phase)
    return _with(plan, phase, replace(old, steps=(*old.steps, replace(step, key=key))))


def change_step(plan: PlaybookPlan, *, key: str, phase: int, step: StepPlan) -> PlaybookPlan:
    """Put other words and rules in the place of a step; another phase takes it at its end."""
    at_phase, place = find_step(plan, key)
    fresh = replace(step, key=key)
    if at_phase != phase:
        return add_step(_without(plan, at_phase, place), phase=phase, step=fresh)
    steps = list(plan.phases[phase].steps)
    steps[place] = fresh
    return _with(plan, phase, replace(plan.phases[phase], steps=tuple(steps)))


def remove_step(plan: PlaybookPlan, *, key: str) -> PlaybookPlan:
    """Take a step out; refused while another one depends on it."""
    phase, place = find_step(plan, key)
    waiting = [step.text for step in plan.steps if step.condition.get("step") == key]
    if waiting:
        raise PlanEditError(
            _("“%(step)s” depends on this step. Change that first.") % {"step": waiting[0]}
        )
    return _without(plan, phase, place)


def move_step(plan: PlaybookPlan, *, key: str, phase: int, place: int) -> PlaybookPlan:
    """Put a step at a place of a phase: what dragging does."""
    at_phase, at_place = find_step(plan, key)
    step = plan.phases[at_phase].steps[at_place]
    _phase(plan, phase)
    rest = _without(plan, at_phase, at_place)
    steps = list(rest.phases[phase].steps)
    steps.insert(max(0, min(place, len(steps))), step)
    return _with(rest, phase, replace(rest.phases[phase], steps=tuple(steps)))


def nudge_step(plan: PlaybookPlan, *, key: str, by: int) -> PlaybookPlan:
    """Move a step one place up or down; past the edge of its phase it enters the next one."""
    phase, place = find_step(plan, key)
    target = place + by
    if 0 <= target < len(plan.phases[phase].steps):
        return move_step(plan, key=key, phase=phase, place=target)
    beside = phase + by
    if not 0 <= beside < len(plan.phases):
        return plan
    end = len(plan.phases[beside].steps) if by < 0 else 0
    return move_step(plan, key=key, phase=beside, place=end)


def add_phase(plan: PlaybookPlan, *, phase: PhasePlan) -> PlaybookPlan:
    """Put a new phase at the end."""
    return replace(plan, phases=(*plan.phases, phase))


def change_phase(plan: PlaybookPlan, *, number: int, phase: PhasePlan) -> PlaybookPlan:
    """Give a phase another name, clock or policy; its steps stay."""
    return _with(plan, number, replace(phase, steps=_phase(plan, number).steps))


def remove_phase(plan: PlaybookPlan, *, number: int) -> PlaybookPlan:
    """Take a phase out; refused while it holds steps."""
    if _phase(plan, number).steps:
        raise PlanEditError(_("This phase still holds steps. Move or remove them first."))
    return replace(plan, phases=plan.phases[:number] + plan.phases[number + 1 :])


def nudge_phase(plan: PlaybookPlan, *, number: int, by: int) -> PlaybookPlan:
    """Move a phase one place up or down."""
    target = number + by
    phases = list(plan.phases)
    _phase(plan, number)
    if 0 <= target < len(phases):
        phases[number], phases[target] = phases[target], phases[number]
    return replace(plan, phases=tuple(phases))


def _phase(plan: PlaybookPlan, number: int) -> PhasePlan:
    if not 0 <= number < len(plan.phases):
        raise PlanEditError(_("This phase is no longer in the plan. Load the page again."))
    return plan.phases[number]


def _with(plan: PlaybookPlan, number: int, phase: PhasePlan) -> PlaybookPlan:
    phases = list(plan.phases)
    phases[number] = phase
    return replace(plan, phases=tuple(phases))


def _without(plan: PlaybookPlan, phase: int, place: int) -> PlaybookPlan:
    steps = plan.phases[phase].steps
    kept = steps[:place] + steps[place + 1 :]
    return _with(plan, phase, replace(plan.phases[phase], steps=kept))
