"""Verbs of a decision: made, confirmed by a second person, refused, taken back, looked at again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import cancel_deadlines
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.conflicts.choosing import chosen_record, needs_second_person, side_of_source
from telemetry.conflicts.reading import CaseReading, read_case
from telemetry.conflicts.versions import digest_of, record_digest
from telemetry.models import ConflictCase, ConflictDecision, ConflictState
from telemetry.models.conflict_case import EventKind, PlaceState
from telemetry.models.conflict_decision import STANDING, DecisionState, ReviewFinding
from telemetry.services.conflict_note import DUE, lock_case, move_case, note, start_clock

ONE_IN = 5
SAMPLE_AT_LEAST_EVERY = timedelta(hours=1)
SECOND_WITHIN = timedelta(hours=1)
AGAIN_WITHIN = timedelta(hours=2)
# What one by one is careful and in bulk would be careless.
NOT_IN_BULK = frozenset({"critical", "guarded", "over_limit", "below_safety"})


class BulkRefusedError(DomainError):
    """This case must be looked at by itself."""


@verb
def settle_by_rules(*, case: ConflictCase, reading: CaseReading, at: datetime) -> ConflictDecision:
    """Let field merge and rules decide, where nothing forbids it."""
    rules = sorted({one.rule.code for one in reading.judgement.fields if one.rule and one.differs})
    decision = _write(
        case,
        reading.judgement.result,
        {},
        state=DecisionState.WAITING,
        rules=rules,
        reason=", ".join(rules)[:500],
        is_automatic=True,
        decided_at=at,
    )
    note(case=case, kind=EventKind.RULED, at=at, text=decision.reason)
    _put_in_force(case, decision, actor=None, at=at)
    return decision


@verb
def decide_conflict(
    *,
    case: ConflictCase,
    choices: Mapping[str, str],
    reason: str,
    actor: User,
    at: datetime,
    typed: Mapping[str, Any] | None = None,
    seen: int | None = None,
    is_bulk: bool = False,
) -> ConflictDecision:
    """Say what a record shall be; over the limit this only proposes it to a second person."""
    case = lock_case(case=case, seen=seen)
    why = need_reason(reason)
    reading = read_case(case)
    if is_bulk:
        _check_harmless(case, reading)
    record = chosen_record(reading, choices, typed or {})
    second = case.needs_second or needs_second_person(reading, record)
    _check_open(case)
    decision = _write(
        case,
        record,
        choices,
        state=DecisionState.PROPOSED if second else DecisionState.WAITING,
        reason=why,
        rules=sorted({one.rule.code for one in reading.judgement.fields if one.rule}),
        needs_second=second,
        is_bulk=is_bulk,
        is_sampled=is_bulk and _is_drawn(case, actor, at=at),
        decided_by=actor,
        decided_at=at,
    )
    told = {"digest": decision.digest, "choices": sorted(set(choices.values()))}
    audit(action="conflict.decide", obj=case, actor=actor, at=at, reason=why, after=told)
    if second:
        _ask_second(case, actor=actor, why=why, at=at)
    else:
        note(case=case, kind=EventKind.DECIDED, at=at, person=actor, text=why)
        _put_in_force(case, decision, actor=actor, at=at)
    return decision


@verb
def decide_in_bulk(
    *, case: ConflictCase, take: str, source: str, reason: str, actor: User, at: datetime
) -> ConflictDecision:
    """Decide one of many: as the rules propose, or as one source says; some are looked at again."""
    choices = side_of_source(read_case(case), source.strip()) if take == "source" else {}
    return decide_conflict(
        case=case, choices=choices, reason=reason, actor=actor, at=at, is_bulk=True
    )


@verb
def confirm_decision(
    *, case: ConflictCase, actor: User, at: datetime, seen: int | None = None
) -> ConflictDecision:
    """Put a proposed decision in force, as another person than the one who proposed it."""
    case = lock_case(case=case, seen=seen)
    decision = _proposed(case)
    if decision.decided_by_id == actor.pk:
        raise NotAllowedError(_("You decided this yourself; somebody else must confirm it."))
    decision.state = DecisionState.WAITING
    decision.confirmed_by, decision.confirmed_at = actor, at
    decision.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    audit(
        action="conflict.confirm", obj=case, actor=actor, at=at, after={"digest": decision.digest}
    )
    note(case=case, kind=EventKind.CONFIRMED, at=at, person=actor)
    _put_in_force(case, decision, actor=actor, at=at)
    return decision


@verb
def refuse_decision(
    *, case: ConflictCase, reason: str, actor: User, at: datetime, seen: int | None = None
) -> ConflictCase:
    """Send a proposed decision back; whoever proposed it may take it back as well."""
    case = lock_case(case=case, seen=seen)
    why = need_reason(reason)
    _proposed(case)
    return _back_to_open(case, EventKind.REFUSED, why, actor=actor, at=at)


@verb
def reopen_conflict(
    *, case: ConflictCase, reason: str, actor: User, at: datetime, seen: int | None = None
) -> ConflictCase:
    """Take a decision back while the sites do not all agree yet."""
    case = lock_case(case=case, seen=seen)
    why = need_reason(reason)
    if case.state != ConflictState.DECIDED:
        raise DomainError(_("Only a decided conflict can be reopened."))
    return _back_to_open(case, EventKind.REOPENED, why, actor=actor, at=at)


@verb
def take_conflict(*, case: ConflictCase, actor: User, at: datetime) -> ConflictCase:
    """Say “I look after this one”."""
    case = lock_case(case=case)
    if case.state in (ConflictState.SETTLED, ConflictState.MERGED):
        raise DomainError(_("This conflict is over."))
    if case.owner_id != actor.pk:
        case.owner = actor
        move_case(case=case, to=ConflictState(case.state), fields=("owner",))
        audit(action="conflict.take", obj=case, actor=actor, at=at)
        note(case=case, kind=EventKind.TAKEN, at=at, person=actor)
    return case


@verb
def review_decision(
    *, decision: ConflictDecision, finding: str, reason: str, actor: User, at: datetime
) -> ConflictDecision:
    """Look again at a drawn bulk decision; a wrong one opens its case again while it can."""
    case = lock_case(case=decision.case)
    decision.refresh_from_db()
    why = need_reason(reason)
    if not decision.is_sampled or decision.reviewed_at is not None:
        raise DomainError(_("This decision does not wait for a review."))
    if decision.decided_by_id == actor.pk:
        raise NotAllowedError(_("You decided this yourself; somebody else must review it."))
    decision.finding = ReviewFinding(finding)
    decision.reviewed_by, decision.reviewed_at = actor, at
    decision.save(update_fields=["finding", "reviewed_by", "reviewed_at"])
    audit(
        action="conflict.review",
        obj=case,
        actor=actor,
        at=at,
        reason=why,
        after={"finding": decision.finding},
    )
    label = ReviewFinding(finding).label
    note(case=case, kind=EventKind.REVIEWED, at=at, person=actor, text=f"{label}: {why}")
    if decision.finding == ReviewFinding.WRONG and case.state == ConflictState.DECIDED:
        _back_to_open(case, EventKind.REOPENED, why, actor=actor, at=at)
    return decision


@verb
def withdraw_decisions(*, case: ConflictCase, at: datetime) -> None:
    """What was decided no longer counts; sites that were told hear the next decision."""
    case.decisions.filter(state__in=STANDING).update(state=DecisionState.WITHDRAWN)
    case.places.update(state=PlaceState.NONE, sent_at=None, reported_at=None, reported_digest="")


def _check_harmless(case: ConflictCase, reading: CaseReading) -> None:
    if NOT_IN_BULK.intersection(reading.judgement.reasons):
        raise BulkRefusedError(
            _("%(code)s needs a look of its own (%(why)s).")
            % {"code": case.code, "why": case.get_why_display()}
        )


def _ask_second(case: ConflictCase, *, actor: User, why: str, at: datetime) -> None:
    case.needs_second = True
    move_case(case=case, to=ConflictState.PROPOSED, fields=("needs_second",))
    note(case=case, kind=EventKind.PROPOSED, at=at, person=actor, text=why)
    start_clock(case=case, due_at=at + SECOND_WITHIN, at=at)


def _check_open(case: ConflictCase) -> None:
    if case.state != ConflictState.OPEN:
        raise DomainError(
            _("%(code)s is “%(state)s”; only an open conflict can be decided.")
            % {"code": case.code, "state": case.get_state_display()}
        )


def _proposed(case: ConflictCase) -> ConflictDecision:
    decision = case.decisions.filter(state=DecisionState.PROPOSED).first()
    if decision is None:
        raise DomainError(_("No decision waits for a second person here."))
    return decision


def _write(
    case: ConflictCase, record: dict[str, Any], choices: Mapping[str, str], **facts: Any
) -> ConflictDecision:
    return ConflictDecision.objects.create(
        case=case, values=record, choices=dict(choices), digest=record_digest(record), **facts
    )


def _put_in_force(
    case: ConflictCase, decision: ConflictDecision, *, actor: User | None, at: datetime
) -> None:
    case.places.update(state=PlaceState.WAITING, sent_at=None, reported_at=None, reported_digest="")
    if actor is not None and case.owner_id is None:
        case.owner = actor
    move_case(case=case, to=ConflictState.DECIDED, fields=("owner",))
    cancel_deadlines(kind=DUE, subject_id=case.pk, at=at)
    if actor is None:
        after = {"digest": decision.digest, "rules": decision.rules}
        audit(action="conflict.rule", obj=case, actor=None, at=at, after=after)


def _back_to_open(
    case: ConflictCase, kind: EventKind, why: str, *, actor: User, at: datetime
) -> ConflictCase:
    withdraw_decisions(case=case, at=at)
    move_case(case=case, to=ConflictState.OPEN)
    start_clock(case=case, due_at=at + AGAIN_WITHIN, at=at)
    audit(action=f"conflict.{kind}", obj=case, actor=actor, at=at, reason=why)
    note(case=case, kind=kind, at=at, person=actor, text=why)
    return case


def _is_drawn(case: ConflictCase, actor: User, *, at: datetime) -> bool:
    """One in five, and at least one an hour: nobody's bulk decisions go without a second look."""
    mine = ConflictDecision.objects.filter(decided_by=actor, is_bulk=True, is_sampled=True)
    if not mine.filter(decided_at__gt=at - SAMPLE_AT_LEAST_EVERY).exists():
        return True
    return int(digest_of([case.pk, case.version, at.isoformat()])[:8], 16) % ONE_IN == 0
