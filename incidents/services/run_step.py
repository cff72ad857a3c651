"""Verbs of a step under way: done, skipped, taken up again."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import cancel_deadlines
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    STEP_LIFECYCLE,
    Importance,
    OperationKind,
    PlaybookRun,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineKind,
)
from incidents.services.decision import record_decision
from incidents.services.operation_log import Stamp, is_repeat
from incidents.services.run_condition import NOT_NEEDED, leave_out_followers
from incidents.services.run_phase import (
    STEP_DUE,
    promise_actions_after,
    promise_step,
    resume_phase,
    settle_phase,
)
from incidents.services.run_right import check_evidence, check_right
from incidents.services.step_log import log_step, log_taken_back
from incidents.services.timeline import write_entry

_OPENED = (
    "status", "done_at", "done_by", "first_person", "chosen", "skip_reason", "not_needed"
)  # fmt: skip


class StepNotOpenError(DomainError):
    """This step cannot be done now."""


class SecondPersonError(DomainError):
    """This step takes two different people."""


@verb
def complete_step(
    *,
    step: RunStep,
    actor: User | None,
    at: datetime,
    chosen: str = "",
    note: str = "",
    happened_at: datetime | None = None,
    stamp: Stamp | None = None,
) -> RunStep:
    """Tick a step; the last tick of a phase opens the next one.

    A step for two people waits after the first one. A decision is recorded with what was known.
    Without an actor the plan decides: the time was up. Told twice under one identity counts once.
    """
    # The run is locked, not the step: two people ticking the last two steps at the same moment
    # must not both believe that the other one is still to come.
    run = _locked_run(step)
    step = _fresh(step)
    if is_repeat(stamp):
        return step
    _check_open(step, run)
    if step.is_decision:
        _check_choice(step, chosen)
    check_evidence(step, note=note)
    if step.needs_second_person and step.first_person_id is None:
        log_step(step, run, {"part": 1, "chosen": chosen, "note": note}, actor, stamp, at=at)
        return _wait_for_second(step, run, actor=actor, chosen=chosen, note=note, at=at)
    _check_second(step, actor=actor, chosen=chosen)
    check_right(step, actor=actor)
    log_step(step, run, {"chosen": chosen, "note": note}, actor, stamp, at=at)
    step.chosen = chosen
    step.note = note or step.note
    _settle(step, StepStatus.DONE, actor=actor, when=min(happened_at or at, at), at=at)
    _tell(step, run, _done_words(step), actor=actor, happened_at=happened_at, at=at)
    if step.is_decision:
        record_decision(
            incident=run.incident,
            step=step,
            question=step.text,
            options=[key for key, _shown in step.choices],
            chosen=chosen,
            reason=note,
            authority=step.authority,
            actor=actor,
            at=at,
        )
        leave_out_followers(step, run, at=at)
    _go_on(step, run, at=at)
    return step


@verb
def skip_step(
    *, step: RunStep, actor: User, at: datetime, reason: str, stamp: Stamp | None = None
) -> RunStep:
    """Leave a step out, and say why."""
    if not reason.strip():
        raise DomainError(_("Say why the step is skipped."))
    run = _locked_run(step)
    step = _fresh(step)
    if is_repeat(stamp):
        return step
    _check_running(step, run)
    if step.is_settled:
        raise StepNotOpenError(_("“%(step)s” is not open.") % {"step": step.said("text")})
    log_step(step, run, {"reason": reason[:300]}, actor, stamp, kind=OperationKind.SKIP, at=at)
    step.skip_reason = reason[:300]
    _settle(step, StepStatus.SKIPPED, actor=actor, when=at, at=at)
    _tell(step, run, gettext_noop("Skipped: %(step)s (%(reason)s)"), actor=actor, at=at)
    leave_out_followers(step, run, at=at)
    _go_on(step, run, at=at)
    return step


@verb
def reopen_step(
    *, step: RunStep, actor: User, at: datetime, reason: str = "", stamp: Stamp | None = None
) -> RunStep:
    """Say that a step is to be done after all; what followed from a decision is open again."""
    run = _locked_run(step)
    step = _fresh(step)
    if is_repeat(stamp):
        return step
    STEP_LIFECYCLE.check(StepStatus(step.status), StepStatus.OPEN)
    if run.status == RunStatus.ABANDONED:
        raise StepNotOpenError(_("This run was given up."))
    log_taken_back(step, run, actor, stamp, reason=reason, at=at)
    run.epoch += 1
    run.status, run.finished_at = RunStatus.RUNNING, None
    run.save(update_fields=["epoch", "status", "finished_at"])
    take_up_followers(step, run, at=at)
    take_up(step, run, at=at)
    _tell(step, run, gettext_noop("Open again: %(step)s %(why)s"), actor=actor, at=at, why=reason)
    return step


@verb
def note_step(*, step: RunStep, text: str, actor: User, at: datetime) -> RunStep:
    """Add words to a step; what others wrote stays."""
    _locked_run(step)
    step = _fresh(step)
    step.note = f"{step.note}\n{text}".strip()
    step.save(update_fields=["note"])
    audit(action="step.note", obj=step, actor=actor, at=at, after={"text": text})
    return step


def _wait_for_second(
    step: RunStep, run: PlaybookRun, *, actor: User | None, chosen: str, note: str, at: datetime
) -> RunStep:
    step.status = StepStatus.WAITING
    step.first_person = actor
    step.chosen = chosen
    step.note = note or step.note
    step.save(update_fields=["status", "first_person", "chosen", "note"])
    words = gettext_noop("Waiting for a second person: %(step)s")
    _tell(step, run, words, actor=actor, at=at)
    return step


def _go_on(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """What waited for this step begins; a phase without anything left opens the next one."""
    promise_actions_after(step, run, at=at)
    settle_phase(phase=step.phase, run=run, at=at)


def _settle(
    step: RunStep, to: StepStatus, *, actor: User | None, when: datetime, at: datetime
) -> None:
    step.status = to
    step.done_at = when
    step.done_by = actor
    step.save(update_fields=["status", "done_at", "done_by", "chosen", "note", "skip_reason"])
    cancel_deadlines(kind=STEP_DUE, subject_id=step.pk, at=at)


def take_up_followers(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """Open again what was left out only because of this step."""
    left_out = _followers(step, run).filter(status=StepStatus.SKIPPED, skip_reason=NOT_NEEDED)
    for follower in left_out:
        if follower.not_needed.get("by") != "facts":
            take_up_followers(follower, run, at=at)
            take_up(follower, run, at=at)


def take_up(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """Open a settled step again and promise it anew."""
    log_taken_back(step, run, None, at=at)
    step.status = StepStatus.OPEN
    step.done_at = step.done_by = step.first_person = None
    step.chosen = step.skip_reason = ""
    step.not_needed = {}
    step.save(update_fields=_OPENED)
    if step.phase.started_at is not None:
        resume_phase(phase=step.phase, run=run, at=at)
        promise_step(step, run, at=at)


def _followers(step: RunStep, run: PlaybookRun) -> QuerySet[RunStep]:
    return RunStep.objects.select_related("phase").filter(phase__run=run, condition__step=step.key)


def _check_running(step: RunStep, run: PlaybookRun) -> None:
    if run.status != RunStatus.RUNNING:
        raise StepNotOpenError(_("This run is over."))
    if step.phase.started_at is None:
        raise StepNotOpenError(
            _("“%(step)s” belongs to a phase that has not begun.") % {"step": step.said("text")}
        )


def _check_open(step: RunStep, run: PlaybookRun) -> None:
    _check_running(step, run)
    if step.is_settled:
        raise StepNotOpenError(_("“%(step)s” is not open.") % {"step": step.said("text")})
    needed = step.condition.get("step")
    if not needed:
        return
    decision = RunStep.objects.filter(phase__run=run, key=needed).first()
    if decision is not None and not decision.is_settled:
        words = (
            _("“%(step)s” waits for the decision “%(decision)s”.")
            if decision.is_decision
            else _("“%(step)s” waits for the step “%(decision)s”.")
        )
        raise StepNotOpenError(
            words % {"step": step.said("text"), "decision": decision.said("text")}
        )


def _check_second(step: RunStep, *, actor: User | None, chosen: str) -> None:
    if step.needs_second_person and actor is not None and step.first_person_id == actor.pk:
        raise SecondPersonError(
            _("You have said yes already; “%(step)s” takes a second person.")
            % {"step": step.said("text")}
        )
    if step.needs_second_person and step.is_decision and step.chosen != chosen:
        raise SecondPersonError(
            _("The first person chose “%(chosen)s”. Agree, or reopen the step.")
            % {"chosen": dict(step.choices).get(step.chosen, step.chosen)}
        )


def _check_choice(step: RunStep, chosen: str) -> None:
    options = [key for key, _shown in step.choices]
    if chosen not in options:
        raise StepNotOpenError(
            _("Choose one of: %(options)s.")
            % {"options": ", ".join(shown for _key, shown in step.choices)}
        )


def _done_words(step: RunStep) -> str:
    if step.is_decision:
        return gettext_noop("Decided: %(step)s → %(chosen)s")
    return gettext_noop("Done: %(step)s")


def _tell(
    step: RunStep,
    run: PlaybookRun,
    words: str,
    *,
    actor: User | None,
    at: datetime,
    happened_at: datetime | None = None,
    why: str = "",
) -> None:
    write_entry(
        incident=run.incident,
        kind=TimelineKind.STEP,
        message=words,
        params={
            "step": step.spoken("text"),
            "chosen": dict(step.choices).get(step.chosen, step.chosen),
            "reason": step.skip_reason,
            "why": why,
        },
        actor=actor,
        at=at,
        happened_at=happened_at,
        importance=Importance.NORMAL,
    )
    audit(
        action=f"step.{step.status}",
        obj=step,
        actor=actor,
        at=at,
        reason=step.skip_reason or why,
        after={"text": step.text, "chosen": step.chosen, "note": step.note},
    )


def _locked_run(step: RunStep) -> PlaybookRun:
    return (
        PlaybookRun.objects.select_for_update(of=("self",))
        .select_related("incident", "version__playbook")
        .get(phases__steps=step)
    )


def _fresh(step: RunStep) -> RunStep:
    return RunStep.objects.select_related("phase").get(pk=step.pk)
