"""Verbs of an escalation: it calls person after person until somebody answers or it is over."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from incidents.models import (
    ESCALATION_LIFECYCLE,
    Escalation,
    EscalationFiring,
    EscalationReason,
    EscalationStatus,
    Importance,
    Incident,
    Notice,
    TimelineKind,
)
from incidents.selectors.duty import default_snapshot, people_on_rung, snapshot_for
from incidents.services.calling import call_fallback, call_people, record_firing
from incidents.services.notice import (
    answer_notice,
    cancel_calls,
)
from incidents.services.timeline import write_entry

DEADLINE = "incidents.escalation"
ANSWER_DEADLINE = "incidents.answer_due"
# After everybody was called in vain there is a pause, never an end.
AGAIN_AFTER = timedelta(minutes=15)
# Whoever answers is expected to do something within this time.
BEGIN_WITHIN = timedelta(minutes=20)


@verb
def start_escalation(
    *,
    incident: Incident,
    reason: EscalationReason,
    actor: User | None,
    at: datetime,
    snapshot: dict[str, Any] | None = None,
    subject: str = "",
    first_at: datetime | None = None,
) -> Escalation:
    """Begin to call people; where the same reason is already calling, that one goes on."""
    whole = snapshot if snapshot and snapshot.get("levels") else default_snapshot()
    plan = snapshot_for(whole, severity=incident.severity)
    try:
        with transaction.atomic():
            escalation = Escalation.objects.create(
                incident=incident,
                policy_id=plan.get("policy"),
                reason=reason,
                subject=subject,
                policy_snapshot=plan,
                started_at=at,
                next_due_at=first_at or at,
            )
    except IntegrityError:
        # Another worker began it first; the unique constraint is the judge.
        return Escalation.objects.running().get(incident=incident, reason=reason, subject=subject)
    set_deadline(
        kind=DEADLINE,
        subject_id=escalation.pk,
        epoch=escalation.epoch,
        due_at=first_at or at,
        at=at,
    )
    audit(
        action="escalation.start",
        obj=escalation,
        actor=actor,
        at=at,
        reason=reason,
        after={"incident": incident.code, "policy": plan.get("name", ""), "subject": subject},
    )
    return escalation


@verb
def fire_level(*, deadline: Deadline, at: datetime) -> None:
    """The deadline of one rung has come: call whoever stands on it, and promise the next rung."""
    escalation = _locked(deadline.subject_id)
    if escalation is None or escalation.epoch != deadline.epoch:
        return
    _fire(
        escalation,
        loop=deadline.loop,
        level=deadline.step,
        due_at=deadline.due_at,
        at=at,
    )


@verb
def hasten(*, escalation: Escalation, at: datetime) -> None:
    """Nobody on the present rung can be reached: do not wait for its delay."""
    locked = _locked(escalation.pk)
    if locked is None or locked.status != EscalationStatus.RUNNING or not locked.next_due_at:
        return
    cancel_deadlines(kind=DEADLINE, subject_id=locked.pk, epoch=locked.epoch, at=at)
    _fire(locked, loop=locked.loop, level=locked.level, due_at=at, at=at)


@verb
def acknowledge_escalation(*, escalation: Escalation, actor: User, at: datetime) -> Escalation:
    """Somebody answers: nobody else is called. An answer after the end changes nothing."""
    # Lock order everywhere: the incident first, then what belongs to it.
    incident = Incident.objects.select_for_update().get(pk=escalation.incident_id)
    locked = Escalation.objects.select_for_update().get(pk=escalation.pk)
    for notice in Notice.objects.filter(escalation=locked, person=actor, requires_ack=True):
        answer_notice(notice=notice, actor=actor, at=at)
    if not incident.is_ongoing or locked.status in ESCALATION_LIFECYCLE.final:
        write_entry(
            incident=incident,
            kind=TimelineKind.CALL,
            message=gettext_noop("%(name)s answered after it was settled"),
            params={"name": actor.name},
            actor=actor,
            at=at,
            importance=Importance.DETAIL,
        )
        return locked
    # Those that ran out in vain and began again are one call: one answer settles them all.
    same = Escalation.objects.unanswered().filter(
        incident=incident, reason=locked.reason, subject=locked.subject
    )
    for unanswered in same.select_for_update():
        _end(unanswered, to=EscalationStatus.ACKNOWLEDGED, actor=actor, at=at)
    locked.refresh_from_db()
    if incident.acknowledged_at is None:
        incident.acknowledged_at = at
        incident.acknowledged_by = actor
    elif incident.acknowledged_by is None or not incident.acknowledged_by.is_active:
        incident.acknowledged_by = actor
    incident.save(update_fields=["acknowledged_at", "acknowledged_by"])
    expect_a_beginning(incident=incident, at=at)
    write_entry(
        incident=incident,
        kind=TimelineKind.CALL,
        message=gettext_noop("%(name)s answered the call"),
        params={"name": actor.name},
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    return locked


@verb
def answer_call(*, notice: Notice, actor: User, at: datetime) -> Notice:
    """Say "I have it" to a call, wherever it was read; the first answer counts, and only once."""
    if notice.acknowledged_at is not None:
        return notice
    if notice.escalation is not None and notice.requires_ack:
        acknowledge_escalation(escalation=notice.escalation, actor=actor, at=at)
    else:
        answer_notice(notice=notice, actor=actor, at=at)
    notice.refresh_from_db(fields=["acknowledged_at", "read_at"])
    return notice


@verb
def expect_a_beginning(*, incident: Incident, at: datetime) -> None:
    """Whoever has it is expected to begin soon; an answer that is forgotten does not end it."""
    answers = Notice.objects.filter(incident=incident, acknowledged_at__isnull=False).count()
    set_deadline(
        kind=ANSWER_DEADLINE,
        subject_id=incident.pk,
        epoch=answers,
        due_at=at + BEGIN_WITHIN,
        at=at,
    )


@verb
def stop_escalations(
    *, incident: Incident, actor: User | None, at: datetime, reason: str = ""
) -> int:
    """It is over, or a person has taken it: nobody else is called."""
    unanswered = Escalation.objects.unanswered().filter(incident=incident)
    stopped = 0
    for escalation in unanswered.select_for_update():
        _end(escalation, to=EscalationStatus.STOPPED, actor=actor, at=at, reason=reason)
        stopped += 1
    return stopped


def _end(
    escalation: Escalation,
    *,
    to: EscalationStatus,
    actor: User | None,
    at: datetime,
    reason: str = "",
) -> None:
    was = EscalationStatus(escalation.status)
    ESCALATION_LIFECYCLE.check(was, to)
    escalation.status = to
    escalation.ended_at = at
    escalation.next_due_at = None
    if to is EscalationStatus.ACKNOWLEDGED:
        escalation.acknowledged_by = actor
        escalation.acknowledged_at = at
    escalation.save(
        update_fields=["status", "ended_at", "next_due_at", "acknowledged_by", "acknowledged_at"]
    )
    cancel_deadlines(kind=DEADLINE, subject_id=escalation.pk, at=at)
    cancel_calls(notices=Notice.objects.filter(escalation=escalation), at=at)
    audit(
        action=f"escalation.{to.value}",
        obj=escalation,
        actor=actor,
        at=at,
        reason=reason,
        before={"status": was},
        after={"status": to},
    )


def _fire(escalation: Escalation, *, loop: int, level: int, due_at: datetime, at: datetime) -> None:
    if escalation.status != EscalationStatus.RUNNING:
        return
    if not escalation.incident.is_ongoing:
        _end(escalation, to=EscalationStatus.STOPPED, actor=None, at=at)
        return
    levels = escalation.policy_snapshot.get("levels", [])
    rung: dict[str, Any] = levels[level] if level < len(levels) else {"delay_s": 0, "targets": []}
    firing, is_new = EscalationFiring.objects.get_or_create(
        escalation=escalation,
        epoch=escalation.epoch,
        loop=loop,
        level=level,
        defaults={"due_at": due_at, "fired_at": at},
    )
    if not is_new:
        return  # this rung has fired: the same deadline twice calls once
    people = people_on_rung(rung["targets"], incident=escalation.incident, at=at)
    reached = call_people(escalation, firing, people, at=at)
    if not reached:
        call_fallback(escalation, firing, at=at)
    record_firing(escalation, firing, at=at)
    # A rung that reaches nobody is not waited for, the end of a whole round always is.
    is_last = level + 1 >= len(levels)
    delay = timedelta(seconds=rung["delay_s"]) if reached or is_last else timedelta()
    # Counted from the firing, not from the plan: after an outage of our own the rungs do not
    # fall on people all at once.
    _promise_next(escalation, loop=loop, level=level, next_at=at + delay, at=at)


def _promise_next(
    escalation: Escalation, *, loop: int, level: int, next_at: datetime, at: datetime
) -> None:
    snapshot = escalation.policy_snapshot
    next_loop, next_level = loop, level + 1
    if next_level >= len(snapshot.get("levels", [])):
        next_loop, next_level = loop + 1, 0
    if next_loop > int(snapshot.get("repeat_count", 0)):
        _exhaust(escalation, next_at=next_at, at=at)
        return
    escalation.loop, escalation.level, escalation.next_due_at = next_loop, next_level, next_at
    escalation.save(update_fields=["loop", "level", "next_due_at"])
    set_deadline(
        kind=DEADLINE,
        subject_id=escalation.pk,
        epoch=escalation.epoch,
        loop=next_loop,
        step=next_level,
        due_at=next_at,
        at=at,
    )


def _exhaust(escalation: Escalation, *, next_at: datetime, at: datetime) -> None:
    """Everybody was called in vain. An open incident is never left alone: it begins again."""
    escalation.status = EscalationStatus.EXHAUSTED
    escalation.ended_at = at
    escalation.next_due_at = None
    escalation.save(update_fields=["status", "ended_at", "next_due_at"])
    write_entry(
        incident=escalation.incident,
        kind=TimelineKind.CALL,
        message=gettext_noop("Everybody was called and nobody has answered; it begins again"),
        actor=None,
        at=at,
        importance=Importance.KEY,
    )
    start_escalation(
        incident=escalation.incident,
        reason=EscalationReason(escalation.reason),
        snapshot=escalation.policy_snapshot,
        subject=escalation.subject,
        actor=None,
        first_at=max(next_at, at + AGAIN_AFTER),
        at=at,
    )


def _locked(pk: int) -> Escalation | None:
    """The escalation, locked after its incident."""
    incident = Incident.objects.select_for_update().filter(escalations=pk).first()
    if incident is None:
        return None
    escalation = Escalation.objects.select_for_update().get(pk=pk)
    escalation.incident = incident
    return escalation
