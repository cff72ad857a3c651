"""Verbs of an acceptance."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, need_reason, plain
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError
from risks.models import RISK_LIFECYCLE, Acceptance, Risk, RiskStatus
from risks.services.risk import lock_in_force, tell

EXPIRY = "risks.acceptance_expiry"
LONGEST = timedelta(days=366)


class UnratedRiskError(DomainError):
    """Nobody can accept what nobody has judged."""


@verb
def accept_risk(
    *, risk: Risk, reason: str, expires_on: date, actor: User, at: datetime
) -> Acceptance:
    """Live with a risk until a date, in one's own name."""
    risk = lock_in_force(risk)
    why = need_reason(reason)
    if risk.is_unrated:
        raise UnratedRiskError(
            _("%(code)s has not been judged by the matrix in force; assess it first.")
            % {"code": risk.code}
        )
    if not at.date() < expires_on <= at.date() + LONGEST:
        raise BadFactsError(_("An acceptance ends after today and within a year."))
    RISK_LIFECYCLE.check(RiskStatus(risk.status), RiskStatus.ACCEPTED)
    acceptance = Acceptance.objects.create(
        risk=risk, reason=why, accepted_by=actor, accepted_at=at, expires_on=expires_on
    )
    risk.status = RiskStatus.ACCEPTED
    risk.save(update_fields=["status"])
    end = datetime.combine(expires_on + timedelta(days=1), time(), tzinfo=UTC)
    set_deadline(kind=EXPIRY, subject_id=acceptance.pk, due_at=end, at=at)
    audit(
        action="risk.accept",
        obj=risk,
        actor=actor,
        at=at,
        reason=why,
        before={"status": RiskStatus.OPEN.value},
        after={"status": risk.status, "expires_on": plain(expires_on)},
    )
    tell(at=at)
    return acceptance


@verb
def withdraw_acceptance(
    *, acceptance: Acceptance, reason: str, actor: User | None, at: datetime
) -> Acceptance:
    """End an acceptance before its date: the risk is open again."""
    ended = _end(acceptance, need_reason(reason), actor=actor, at=at)
    cancel_deadlines(kind=EXPIRY, subject_id=ended.pk, at=at)
    return ended


@verb
def expire_acceptance(*, deadline: Deadline, at: datetime) -> None:
    """Open the risk again because the acceptance's date has passed."""
    acceptance = Acceptance.objects.filter(pk=deadline.subject_id, ended_at=None).first()
    if acceptance is not None:
        _end(acceptance, "expired", actor=None, at=at)


def _end(acceptance: Acceptance, because: str, *, actor: User | None, at: datetime) -> Acceptance:
    # Locked by the risk, like every change of its status.
    risk = lock_in_force(acceptance.risk)
    acceptance.refresh_from_db()
    if acceptance.ended_at is not None:
        return acceptance
    acceptance.ended_at, acceptance.ended_because = at, because[:200]
    acceptance.save(update_fields=["ended_at", "ended_because"])
    RISK_LIFECYCLE.check(RiskStatus(risk.status), RiskStatus.OPEN)
    risk.status = RiskStatus.OPEN
    risk.save(update_fields=["status"])
    audit(
        action="risk.reopen",
        obj=risk,
        actor=actor,
        at=at,
        reason=because,
        before={"status": RiskStatus.ACCEPTED.value},
        after={"status": RiskStatus.OPEN.value},
    )
    tell(at=at)
    return acceptance
