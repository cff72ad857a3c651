"""Verbs of an acceptance: one person asks, another gives the name, a date or a tripwire ends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.changes import BadFactsError, need_reason, plain
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError
from risks.models import (
    RISK_LIFECYCLE,
    Acceptance,
    Indicator,
    IndicatorStatus,
    Risk,
    RiskStatus,
    Tripwire,
    TripwireKind,
)
from risks.services.risk import lock_in_force, tell
from risks.services.telling import tell_people

EXPIRY = "risks.acceptance_expiry"
WARNING = "risks.acceptance_warning"
LONGEST = timedelta(days=366)
WARNED_BEFORE = timedelta(days=14)
PERMISSION = "risks.accept_risk"


class UnratedRiskError(DomainError):
    """Nobody can accept what nobody has judged."""


class AlreadyDecidedError(DomainError):
    """Somebody has already decided about this acceptance."""


@dataclass(frozen=True)
class Tripwires:
    """What ends an acceptance before its date."""

    indicators: tuple[Indicator, ...] = ()
    incidents: int | None = None
    failed_exercise: bool = False


@verb
def ask_acceptance(
    *,
    risk: Risk,
    reason: str,
    expires_on: date,
    approver: User,
    tripwires: Tripwires | None = None,
    actor: User,
    at: datetime,
) -> Acceptance:
    """Ask somebody else to live with a risk until a date; nothing changes until they do."""
    risk = lock_in_force(risk)
    why = need_reason(reason)
    _check(risk, expires_on, at)
    if approver == actor:
        raise NotAllowedError(_("Whoever asks for an acceptance cannot give it as well."))
    if not (approver.is_active and approver.has_perm(PERMISSION)):
        raise NotAllowedError(_("%s may not accept risks.") % approver.name)
    if not Risk.objects.visible_to(approver).filter(pk=risk.pk).exists():
        raise NotAllowedError(_("%s does not see this risk.") % approver.name)
    if risk.acceptances.filter(ended_at=None).exists():
        raise AlreadyDecidedError(_("This risk is already accepted, or asked to be."))
    acceptance = Acceptance.objects.create(
        risk=risk, reason=why, asked_by=actor, asked_at=at, approver=approver, expires_on=expires_on
    )
    _lay(acceptance, tripwires or Tripwires())
    audit(
        action="risk.ask_acceptance",
        obj=risk,
        actor=actor,
        at=at,
        reason=why,
        after={"approver": approver.name, "expires_on": plain(expires_on)},
    )
    tell_people(
        [approver],
        gettext_noop("%(who)s asks you to accept %(code)s until %(until)s: %(reason)s"),
        {"who": actor.name, "code": risk.code, "until": plain(expires_on), "reason": why},
        path="/risks/acceptances/?state=waiting",
        at=at,
    )
    tell(at=at)
    return acceptance


@verb
def approve_acceptance(
    *, acceptance: Acceptance, note: str = "", actor: User, at: datetime
) -> Acceptance:
    """Live with a risk that somebody else has asked about, in one's own name."""
    risk = lock_in_force(acceptance.risk)
    acceptance = Acceptance.objects.get(pk=acceptance.pk)
    _check_undecided(acceptance)
    if acceptance.asked_by_id == actor.pk:
        raise NotAllowedError(_("Whoever asks for an acceptance cannot give it as well."))
    _check(risk, acceptance.expires_on, at)
    RISK_LIFECYCLE.check(RiskStatus(risk.status), RiskStatus.ACCEPTED)
    acceptance.accepted_by, acceptance.accepted_at = actor, at
    acceptance.save(update_fields=["accepted_by", "accepted_at"])
    risk.status = RiskStatus.ACCEPTED
    risk.save(update_fields=["status"])
    end = datetime.combine(acceptance.expires_on + timedelta(days=1), time(), tzinfo=UTC)
    set_deadline(kind=EXPIRY, subject_id=acceptance.pk, due_at=end, at=at)
    if end - WARNED_BEFORE > at:
        set_deadline(kind=WARNING, subject_id=acceptance.pk, due_at=end - WARNED_BEFORE, at=at)
    audit(
        action="risk.accept",
        obj=risk,
        actor=actor,
        at=at,
        reason=acceptance.reason,
        before={"status": RiskStatus.OPEN.value},
        after={
            "status": risk.status,
            "expires_on": plain(acceptance.expires_on),
            "asked_by": acceptance.asked_by.name if acceptance.asked_by else "",
            "note": note,
        },
    )
    tell_people(
        [acceptance.asked_by, risk.owner],
        gettext_noop("%(who)s has accepted %(code)s until %(until)s."),
        {"who": actor.name, "code": risk.code, "until": plain(acceptance.expires_on)},
        path=f"/risks/{risk.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return acceptance


@verb
def refuse_acceptance(
    *, acceptance: Acceptance, reason: str, actor: User, at: datetime
) -> Acceptance:
    """Say that this risk is not accepted, and why; it stays open."""
    risk = lock_in_force(acceptance.risk)
    acceptance = Acceptance.objects.get(pk=acceptance.pk)
    _check_undecided(acceptance)
    why = need_reason(reason)
    acceptance.ended_at, acceptance.ended_because = at, why[:200]
    acceptance.save(update_fields=["ended_at", "ended_because"])
    audit(action="risk.refuse_acceptance", obj=risk, actor=actor, at=at, reason=why)
    tell_people(
        [acceptance.asked_by],
        gettext_noop("%(who)s does not accept %(code)s: %(reason)s"),
        {"who": actor.name, "code": risk.code, "reason": why},
        path=f"/risks/{risk.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return acceptance


@verb
def accept_risk(
    *,
    risk: Risk,
    reason: str,
    expires_on: date,
    asked_by: User,
    tripwires: Tripwires | None = None,
    actor: User,
    at: datetime,
) -> Acceptance:
    """Ask and give in one go, as when two people sit at one table; they are still two."""
    asked = ask_acceptance(
        risk=risk,
        reason=reason,
        expires_on=expires_on,
        approver=actor,
        tripwires=tripwires,
        actor=asked_by,
        at=at,
    )
    return approve_acceptance(acceptance=asked, actor=actor, at=at)


@verb
def withdraw_acceptance(
    *, acceptance: Acceptance, reason: str, actor: User | None, at: datetime
) -> Acceptance:
    """End an acceptance before its date: the risk is open again."""
    return end_acceptance(acceptance, need_reason(reason), actor=actor, at=at)


@verb
def expire_acceptance(*, deadline: Deadline, at: datetime) -> None:
    """Open the risk again because the acceptance's date has passed."""
    acceptance = Acceptance.objects.standing().filter(pk=deadline.subject_id).first()
    if acceptance is not None:
        end_acceptance(acceptance, "expired", actor=None, at=at)


@verb
def warn_of_expiry(*, deadline: Deadline, at: datetime) -> None:
    """Tell the people of an acceptance two weeks before it ends."""
    acceptance = Acceptance.objects.standing().filter(pk=deadline.subject_id).first()
    if acceptance is None:
        return
    risk = acceptance.risk
    tell_people(
        [risk.owner, acceptance.accepted_by],
        gettext_noop("The acceptance of %(code)s ends on %(until)s; then the risk is open again."),
        {"code": risk.code, "until": plain(acceptance.expires_on)},
        path=f"/risks/{risk.code}/",
        at=at,
    )


def end_acceptance(
    acceptance: Acceptance, because: str, *, actor: User | None, at: datetime
) -> Acceptance:
    """Open the risk again and tell everybody who counted on the acceptance; inside a verb."""
    # Locked by the risk, like every change of its status.
    risk = lock_in_force(acceptance.risk)
    acceptance.refresh_from_db()
    if acceptance.ended_at is not None:
        return acceptance
    stood = acceptance.accepted_at is not None
    acceptance.ended_at, acceptance.ended_because = at, because[:200]
    acceptance.save(update_fields=["ended_at", "ended_because"])
    for kind in (EXPIRY, WARNING):
        cancel_deadlines(kind=kind, subject_id=acceptance.pk, at=at)
    if stood:
        RISK_LIFECYCLE.check(RiskStatus(risk.status), RiskStatus.OPEN)
        risk.status = RiskStatus.OPEN
        risk.save(update_fields=["status"])
    audit(
        action="risk.reopen" if stood else "risk.withdraw_request",
        obj=risk,
        actor=actor,
        at=at,
        reason=because,
        before={"status": RiskStatus.ACCEPTED.value if stood else risk.status},
        after={"status": RiskStatus.OPEN.value},
    )
    tell_people(
        [risk.owner, risk.business_owner, acceptance.accepted_by, acceptance.asked_by],
        gettext_noop("%(code)s is open again; its acceptance has ended: %(because_label)s"),
        {"code": risk.code, "because_label": because},
        path=f"/risks/{risk.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return acceptance


def _check(risk: Risk, expires_on: date, at: datetime) -> None:
    if risk.is_unrated:
        raise UnratedRiskError(
            _("%(code)s has not been judged by the matrix in force; assess it first.")
            % {"code": risk.code}
        )
    if not at.date() < expires_on <= at.date() + LONGEST:
        raise BadFactsError(_("An acceptance ends after today and within a year."))


def _check_undecided(acceptance: Acceptance) -> None:
    if acceptance.ended_at or acceptance.accepted_at:
        raise AlreadyDecidedError(_("Somebody has already decided about this acceptance."))


def _lay(acceptance: Acceptance, wires: Tripwires) -> None:
    past = [one.code for one in wires.indicators if one.status == IndicatorStatus.ACT]
    if past:
        raise BadFactsError(
            _("Already past its limit, so no tripwire: %s.") % ", ".join(sorted(past))
        )
    laid: Iterable[Tripwire] = [
        *(
            Tripwire(acceptance=acceptance, kind=TripwireKind.INDICATOR, indicator=one)
            for one in wires.indicators
        ),
        *(
            [Tripwire(acceptance=acceptance, kind=TripwireKind.INCIDENTS, count=wires.incidents)]
            if wires.incidents
            else []
        ),
        *(
            [Tripwire(acceptance=acceptance, kind=TripwireKind.EXERCISE)]
            if wires.failed_exercise
            else []
        ),
    ]
    Tripwire.objects.bulk_create(laid)
