"""Verbs of an achievement."""

from datetime import datetime, timedelta

from assets.changes import check_row, plain
from assets.models import Achievement, Asset, Measure, RecoveryTarget
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb

TOLD = ("measure", "source_kind", "source_code", "achieved", "target", "is_met", "happened_at")


@verb
def record_achievement(
    *,
    asset: Asset,
    measure: str,
    source_kind: str,
    source_code: str,
    achieved: timedelta,
    happened_at: datetime,
    target: timedelta | None = None,
    actor: User | None,
    at: datetime,
) -> Achievement:
    """Keep what a recovery really took beside the target that held; the verdict is arithmetic.

    Without `target` the asset's present one is taken. A source that was already recorded for this
    asset and measure is not recorded again.
    """
    if source_code:
        known = Achievement.objects.filter(
            asset=asset, measure=measure, source_kind=source_kind, source_code=source_code
        ).first()
        if known is not None:
            return known
    if target is None:
        target = _present_target(asset, measure)
    achievement = Achievement(
        asset=asset,
        measure=measure,
        source_kind=source_kind,
        source_code=source_code,
        achieved=achieved,
        target=target,
        is_met=None if target is None else achieved <= target,
        happened_at=happened_at,
        recorded_at=at,
        recorded_by=actor,
    )
    check_row(achievement)
    achievement.save()
    after = {name: plain(getattr(achievement, name)) for name in TOLD}
    audit(action="achievement.record", obj=asset, actor=actor, at=at, after=after)
    return achievement


def _present_target(asset: Asset, measure: str) -> timedelta | None:
    target = RecoveryTarget.objects.filter(asset=asset).first()
    if target is None:
        return None
    return target.rto if measure == Measure.RTO else target.rpo
