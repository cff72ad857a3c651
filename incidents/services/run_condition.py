"""What the plan itself leaves out: steps whose facts do not hold, or whose decision fell otherwise.

Plain parts of the verbs of a run; they work inside their transaction and under the run's lock.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import audit
from incidents.models import (
    Importance,
    PlaybookRun,
    RunPhase,
    RunStep,
    StepStatus,
    TimelineKind,
)
from incidents.playbooks.facts import why_not_needed
from incidents.selectors.facts import incident_facts
from incidents.services.step_log import log_left_out
from incidents.services.timeline import write_entry

# Stored beside every reason the plan itself had; people's own reasons are never taken for it.
NOT_NEEDED = gettext_noop("Not needed after the decision")
CHOSE_OTHERWISE = gettext_noop("Not needed because of the decision “%(step)s”: %(chosen)s")
NEVER_DONE = gettext_noop("Not needed because “%(step)s” was left out")


def leave_out_by_facts(phase: RunPhase, run: PlaybookRun, *, at: datetime) -> None:
    """Leave out the open steps of a phase for which the facts of the incident do not ask."""
    asking = [
        step
        for step in RunStep.objects.filter(phase=phase, status=StepStatus.OPEN)
        if step.condition.get("facts")
    ]
    facts = incident_facts(run.incident, at=at) if asking else {}
    for step in asking:
        if why := why_not_needed(step.condition, facts):
            leave_out(step, run, why=why, at=at)


def is_blocked(step: RunStep, run: PlaybookRun) -> bool:
    """Whether another step has to be settled before this one."""
    needed = step.condition.get("step")
    if not needed:
        return False
    return RunStep.objects.pending().filter(phase__run=run, key=needed).exists()


def leave_out(step: RunStep, run: PlaybookRun, *, why: dict[str, Any], at: datetime) -> None:
    """Settle a step as not needed, and whatever could only follow from it."""
    step.status = StepStatus.SKIPPED
    step.done_at, step.done_by = at, None
    step.skip_reason, step.not_needed = NOT_NEEDED, why
    step.save(update_fields=["status", "done_at", "done_by", "skip_reason", "not_needed"])
    log_left_out(step, run, why=NOT_NEEDED, at=at)
    write_entry(
        incident=run.incident,
        kind=TimelineKind.STEP,
        message=gettext_noop("%(step)s: %(why_said)s"),
        params={"step": step.spoken("text"), "why_said": why},
        actor=None,
        at=at,
        importance=Importance.DETAIL,
    )
    audit(action="step.not_needed", obj=step, actor=None, at=at, after={"why": why})
    leave_out_followers(step, run, at=at)


def leave_out_followers(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """A decision has fallen, or will never be taken: leave out what only another choice needs."""
    if not step.key:
        return
    was_decided = step.status == StepStatus.DONE
    why = {
        "by": "step",
        "message": CHOSE_OTHERWISE if was_decided else NEVER_DONE,
        "params": {
            "step": step.text,
            "chosen": dict(step.choices).get(step.chosen, step.chosen),
        },
    }
    followers = RunStep.objects.select_related("phase").filter(
        phase__run=run, condition__step=step.key, status=StepStatus.OPEN
    )
    for follower in followers:
        wanted = follower.condition.get("chosen")
        if wanted and wanted != step.chosen:
            leave_out(follower, run, why=why, at=at)
