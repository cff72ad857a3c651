"""Verbs of a phase under way: it opens, runs late, and hands over to the next one."""

from datetime import datetime

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from incidents.models import (
    EscalationReason,
    Importance,
    IncidentRole,
    NoticeKind,
    PlaybookRun,
    RunPhase,
    RunStatus,
    RunStep,
    TimelineKind,
)
from incidents.playbooks.actions import goes_alone
from incidents.services.escalation import start_escalation
from incidents.services.notice import write_notice
from incidents.services.run_condition import is_blocked, leave_out_by_facts
from incidents.services.sub_phase import follow_phase
from incidents.services.timeline import write_entry

PHASE_DUE = "incidents.phase_due"
STEP_DUE = "incidents.step_due"
STEP_ACTION = "incidents.step_action"


@verb
def open_next_phase(*, run: PlaybookRun, at: datetime) -> RunPhase | None:
    """Open the next phase; one without anything to do is passed. None: the plan is at its end.

    Whoever calls this holds the lock of the run.
    """
    waiting = run.phases.filter(started_at=None).order_by("position")
    for phase in waiting:
        phase.started_at = at
        leave_out_by_facts(phase, run, at=at)
        if not RunStep.objects.pending().filter(phase=phase).exists():
            phase.finished_at = at
            phase.save(update_fields=["started_at", "finished_at"])
            continue
        _open(phase, run, at=at)
        return phase
    run.status = RunStatus.FINISHED
    run.finished_at = at
    run.save(update_fields=["status", "finished_at"])
    write_entry(
        incident=run.incident,
        kind=TimelineKind.STEP,
        message=gettext_noop("Every step is settled: %(title)s"),
        params={"title": run.version.playbook.spoken("title")},
        actor=None,
        at=at,
        importance=Importance.KEY,
    )
    audit(action="run.finished", obj=run, actor=None, at=at, after={"status": run.status})
    return None


@verb
def settle_phase(*, phase: RunPhase, run: PlaybookRun, at: datetime) -> None:
    """Close a phase in which nothing is left to do, and open the next one."""
    if RunStep.objects.pending().filter(phase=phase).exists() or phase.finished_at:
        return
    phase.finished_at = at
    phase.save(update_fields=["finished_at"])
    follow_phase(phase, run.incident, at=at)
    cancel_deadlines(kind=PHASE_DUE, subject_id=phase.pk, at=at)
    open_next_phase(run=run, at=at)


@verb
def resume_phase(*, phase: RunPhase, run: PlaybookRun, at: datetime) -> None:
    """Something in a finished phase is to be done after all: its clock starts anew."""
    if phase.finished_at is None:
        return
    phase.finished_at = None
    phase.escalated_at = None
    if phase.escalates_after is not None:
        phase.escalates_at = at + phase.escalates_after
        set_deadline(
            kind=PHASE_DUE,
            subject_id=phase.pk,
            due_at=phase.escalates_at,
            epoch=run.epoch,
            at=at,
        )
    phase.save(update_fields=["finished_at", "escalated_at", "escalates_at"])


@verb
def phase_due(*, deadline: Deadline, at: datetime) -> None:
    """A phase takes longer than the plan allows: call the people it names."""
    phase = RunPhase.objects.select_related("run__incident").filter(pk=deadline.subject_id).first()
    if phase is None or phase.run.status != RunStatus.RUNNING or not phase.is_overdue(at):
        return
    # A guarded update: the phase may have been finished, or escalated by another worker.
    if not RunPhase.objects.filter(pk=phase.pk, escalated_at=None, finished_at=None).update(
        escalated_at=at
    ):
        return
    incident = phase.run.incident
    if not incident.is_ongoing:
        return
    write_entry(
        incident=incident,
        kind=TimelineKind.STEP,
        message=gettext_noop("%(phase)s is taking too long"),
        params={"phase": phase.spoken("name")},
        actor=None,
        at=at,
        importance=Importance.KEY,
    )
    start_escalation(
        incident=incident,
        reason=EscalationReason.PHASE,
        snapshot=phase.policy_snapshot or None,
        subject=phase.name,
        actor=None,
        at=at,
    )


@verb
def step_due(*, deadline: Deadline, at: datetime) -> None:
    """A step is overdue: whoever holds its role, otherwise the commander, is told."""
    step = RunStep.objects.for_list().overdue(at).filter(pk=deadline.subject_id).first()
    if step is None or step.phase.run.status != RunStatus.RUNNING:
        return
    incident = step.phase.run.incident
    write_entry(
        incident=incident,
        kind=TimelineKind.STEP,
        message=gettext_noop("Overdue: %(step)s"),
        params={"step": step.spoken("text")},
        actor=None,
        at=at,
        happened_at=deadline.due_at,
    )
    person = _responsible(step)
    if person is not None:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s: this step is overdue: %(step)s"),
            params={"code": incident.code, "step": step.spoken("text")},
            incident=incident,
            at=at,
        )


@verb
def drop_deadlines(*, run: PlaybookRun, at: datetime) -> None:
    """The run is over: nothing of it follows any more."""
    for phase in run.phases.prefetch_related("steps"):
        cancel_deadlines(kind=PHASE_DUE, subject_id=phase.pk, at=at)
        for step in phase.steps.all():
            cancel_deadlines(kind=STEP_DUE, subject_id=step.pk, at=at)
            cancel_deadlines(kind=STEP_ACTION, subject_id=step.pk, at=at)


def promise_step(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """Set when a step is due, and what follows when it is not done by then."""
    promise_action(step, run, at=at)
    if step.due_within is None:
        return
    step.due_at = at + step.due_within
    step.save(update_fields=["due_at"])
    set_deadline(kind=STEP_DUE, subject_id=step.pk, due_at=step.due_at, epoch=run.epoch, at=at)


def promise_action(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """Let the engine begin what the step orders by itself; once, however often it is opened."""
    if goes_alone(step.action) and not is_blocked(step, run):
        set_deadline(kind=STEP_ACTION, subject_id=step.pk, due_at=at, at=at)


def promise_actions_after(step: RunStep, run: PlaybookRun, *, at: datetime) -> None:
    """A step is settled: what others were to begin after it begins now."""
    if not step.key:
        return
    waiting = RunStep.objects.pending().filter(
        phase__run=run, phase__started_at__isnull=False, condition__step=step.key
    )
    for follower in waiting:
        promise_action(follower, run, at=at)


def _open(phase: RunPhase, run: PlaybookRun, *, at: datetime) -> None:
    if phase.escalates_after is not None:
        phase.escalates_at = at + phase.escalates_after
        set_deadline(
            kind=PHASE_DUE,
            subject_id=phase.pk,
            due_at=phase.escalates_at,
            epoch=run.epoch,
            at=at,
        )
    phase.save(update_fields=["started_at", "escalates_at"])
    for step in RunStep.objects.pending().filter(phase=phase):
        promise_step(step, run, at=at)
    follow_phase(phase, run.incident, at=at)
    write_entry(
        incident=run.incident,
        kind=TimelineKind.STEP,
        message=gettext_noop("Phase opened: %(phase)s"),
        params={"phase": phase.spoken("name")},
        actor=None,
        at=at,
    )


def _responsible(step: RunStep) -> User | None:
    incident = step.phase.run.incident
    held = (
        IncidentRole.objects.filter(incident=incident, role=step.role, ended_at=None)
        .select_related("user")
        .first()
    )
    return held.user if held else incident.commander
