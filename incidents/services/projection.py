"""The rows of a step follow the log of its run: what arrived late may change what a step shows."""

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import cancel_deadlines
from incidents.models import (
    STEP_LIFECYCLE,
    Importance,
    PlaybookRun,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineKind,
)
from incidents.services.operation_log import fold_of
from incidents.services.run_books import RunBooks
from incidents.services.run_condition import leave_out_followers
from incidents.services.run_phase import STEP_DUE, settle_phase
from incidents.services.run_step import take_up, take_up_followers
from incidents.services.timeline import write_entry

# A disputed step counts as done: evidence of a deed weighs more than a plan to leave it out.
_SHOWN = {
    "done": StepStatus.DONE,
    "disputed": StepStatus.DONE,
    "skipped": StepStatus.SKIPPED,
    "waiting": StepStatus.WAITING,
    "open": StepStatus.OPEN,
}

_DONE = gettext_noop("Done: %(step)s")
_SKIPPED = gettext_noop("Skipped: %(step)s (%(reason)s)")


@verb
def follow_log(
    *, step: RunStep, run: PlaybookRun, at: datetime, books: RunBooks | None = None
) -> list[dict[str, Any]]:
    """Make a step show what the log of its run says, and return where the log contradicts itself.

    Whoever calls this holds the run's lock, and may bring what it has read of the run.
    """
    state = books.state_of(step) if books else fold_of(run, step=step)
    before = step.status
    if told := state["steps"].get(str(step.pk)):
        _follow(step, run, told, at=at)
    if books and step.status != before:
        books.forget_steps()
    clashes: list[dict[str, Any]] = state["clashes"]
    return clashes


def _follow(step: RunStep, run: PlaybookRun, told: dict[str, Any], *, at: datetime) -> None:
    wanted = _SHOWN[told["status"]]
    before = StepStatus(step.status)
    if before != wanted:
        STEP_LIFECYCLE.check(before, wanted)
    if wanted is StepStatus.DONE:
        _settle(step, wanted, told["done"], at=at)
    elif wanted is StepStatus.SKIPPED:
        _settle(step, wanted, told["skipped"], at=at)
    elif before in (StepStatus.DONE, StepStatus.SKIPPED):
        _open_again(step, run, at=at)
    if step.is_settled and before not in (StepStatus.DONE, StepStatus.SKIPPED):
        _move_on(step, run, at=at)


def _settle(step: RunStep, to: StepStatus, told: dict[str, Any], *, at: datetime) -> None:
    person = User.objects.filter(pk=told["actor"]).first()
    when = datetime.fromtimestamp(told["at"] / 1000, UTC)
    if _shows(step, to, told):
        return
    changed = step.status != to
    step.status, step.done_at, step.done_by = to, when, person
    step.skip_reason = str(told.get("reason", ""))[:300] if to is StepStatus.SKIPPED else ""
    step.note = step.note or str(told.get("note", ""))
    step.not_needed = {}
    step.save(update_fields=["status", "done_at", "done_by", "skip_reason", "not_needed", "note"])
    cancel_deadlines(kind=STEP_DUE, subject_id=step.pk, at=at)
    if changed:
        _tell(step, person, happened_at=when, at=at)


def _shows(step: RunStep, to: StepStatus, told: dict[str, Any]) -> bool:
    """Whether the row says so already; what came later only corroborates it."""
    if step.status != to or step.done_at is None:
        return False
    same_person = (step.done_by_id or 0) == int(told["actor"])
    return same_person and int(step.done_at.timestamp() * 1000) == int(told["at"])


def _tell(step: RunStep, person: User | None, *, happened_at: datetime, at: datetime) -> None:
    done = step.status == StepStatus.DONE
    write_entry(
        incident=step.phase.run.incident,
        kind=TimelineKind.STEP,
        message=_DONE if done else _SKIPPED,
        params={"step": step.spoken("text"), "reason": step.skip_reason, "from_device": True},
        actor=person,
        at=at,
        happened_at=happened_at,
        importance=Importance.NORMAL,
    )
    audit(
        action=f"step.{step.status}",
        obj=step,
        actor=person,
        at=at,
        reason=step.skip_reason,
        after={"text": step.text, "done_at": happened_at.isoformat()},
    )


def _open_again(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    if run.status != RunStatus.ABANDONED:
        run.epoch += 1
        run.status, run.finished_at = RunStatus.RUNNING, None
        run.save(update_fields=["epoch", "status", "finished_at"])
    take_up_followers(step, run, at=at)
    take_up(step, run, at=at)
    audit(action="step.open", obj=step, actor=None, at=at, reason="log", after={"text": step.text})


def _move_on(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """The last step of a phase opens the next one; a step done ahead of its phase waits for it."""
    if step.status == StepStatus.SKIPPED:
        leave_out_followers(step, run, at=at)
    if run.status == RunStatus.RUNNING and step.phase.started_at is not None:
        settle_phase(phase=step.phase, run=run, at=at)
