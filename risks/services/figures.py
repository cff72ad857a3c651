"""Verbs of figures: estimates of loss, the tolerance line, and what continuity is worth."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.models import ContinuityWorth, LossEstimate, LossTolerance, Risk
from risks.quantify import MOST_A_YEAR
from risks.services.risk import lock_in_force, tell


@verb
def estimate_loss(
    *, risk: Risk, facts: Mapping[str, Any], actor: User | None, at: datetime
) -> LossEstimate:
    """Say how often and how much, nine times out of ten; the older estimate becomes history."""
    risk = lock_in_force(risk)
    estimate = LossEstimate(risk=risk, made_by=actor, made_at=at, **facts)
    check_row(estimate)
    if estimate.rate_high > MOST_A_YEAR:
        raise BadFactsError(_("More than a thousand times a year is daily business, not a risk."))
    estimate.save()
    audit(
        action="risk.estimate",
        obj=risk,
        actor=actor,
        at=at,
        reason=need_reason(estimate.note),
        after={
            "rate": f"{estimate.rate_low:,.15g}–{estimate.rate_high:,.15g}",
            "loss": f"{estimate.loss_low:,.15g}–{estimate.loss_high:,.15g}",
            "shape": estimate.shape,
        },
    )
    tell(at=at)
    return estimate


@verb
def set_tolerance(
    *, points: Sequence[tuple[float, float]], reason: str, actor: User, at: datetime
) -> LossTolerance:
    """Draw the line: no loss of a year may be likelier than this."""
    why = need_reason(reason)
    line = sorted((float(loss), float(chance)) for loss, chance in points)
    if len(line) < 2 or any(loss <= 0 or not 0 < chance <= 1 for loss, chance in line):
        raise BadFactsError(_("The line has at least two points: a loss and a chance up to 100 %."))
    chances = [chance for _loss, chance in line]
    if chances != sorted(chances, reverse=True):
        raise BadFactsError(_("A larger loss may not be likelier than a smaller one."))
    tolerance = LossTolerance.objects.create(points=line, reason=why, set_at=at, set_by=actor)
    audit(
        action="tolerance.set",
        obj=tolerance,
        actor=actor,
        at=at,
        reason=why,
        after={"points": line},
    )
    tell(at=at)
    return tolerance


@verb
def set_worth(*, facts: Mapping[str, Any], actor: User, at: datetime) -> ContinuityWorth:
    """Say what an hour, an error and the undertaking are worth, and on what that rests."""
    worth = ContinuityWorth(set_at=at, set_by=actor, **facts)
    check_row(worth)
    worth.save()
    audit(
        action="worth.set",
        obj=worth,
        actor=actor,
        at=at,
        reason=need_reason(worth.reason),
        after={name: value for name, value in facts.items() if name != "reason"},
    )
    return worth
