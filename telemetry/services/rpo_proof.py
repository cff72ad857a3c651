"""Verbs that tie streams to the objectives of their assets: what they promise, what they proved."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import OuterRef, Q, Subquery

from assets.models import Achievement, AchievementSource, Measure, RecoveryTarget
from assets.services.achievement import record_achievement
from bcp_portal.audit.verbs import verb
from telemetry.models import RpoDay, Stream

WEEK = timedelta(days=7)
# How many past weeks are looked at: a portal that stood still for a while misses none.
LOOK_BACK = 4


@verb
def follow_targets(*, at: datetime) -> str:
    """Let every stream promise what the objectives of its asset promise now."""
    promised = RecoveryTarget.objects.filter(asset=OuterRef("asset")).values("rpo")[:1]
    with_target = Stream.objects.filter(asset__recovery_target__isnull=False)
    differing = with_target.annotate(promised=Subquery(promised)).exclude(
        Q(rpo=None, promised=None)
        | Q(rpo__isnull=False, promised__isnull=False, rpo=Subquery(promised))
    )
    pks = list(differing.values_list("pk", flat=True))
    changed = Stream.objects.filter(pk__in=pks).update(rpo=Subquery(promised)) if pks else 0
    return f"{changed} streams"


@verb
def prove_rpo(*, at: datetime) -> str:
    """Keep the worst exposure of each past week as what the RPO of the asset really was.

    A week and not a day: the ledger counts trials, and seven quiet days in a row are one.
    """
    monday = at.date() - timedelta(days=at.weekday())
    weeks = [monday - number * WEEK for number in range(LOOK_BACK, 0, -1)]
    codes = {week: f"{week:%G-W%V}" for week in weeks}
    known = set(
        Achievement.objects.filter(
            measure=Measure.RPO,
            source_kind=AchievementSource.LIVE,
            source_code__in=codes.values(),
        ).values_list("asset_id", "source_code")
    )
    worst: dict[tuple[int, date], RpoDay] = {}
    rows = RpoDay.objects.filter(
        day__gte=weeks[0], day__lt=monday, stream__asset__isnull=False
    ).select_related("stream__asset")
    for row in rows.order_by("day", "stream_id"):
        asset = row.stream.asset
        assert asset is not None
        week = row.day - timedelta(days=row.day.weekday())
        if (asset.pk, codes[week]) in known:
            continue
        if (asset.pk, week) not in worst or row.worst > worst[asset.pk, week].worst:
            worst[asset.pk, week] = row
    for (_asset, week), row in worst.items():
        assert row.stream.asset is not None
        record_achievement(
            asset=row.stream.asset,
            measure=Measure.RPO,
            source_kind=AchievementSource.LIVE,
            source_code=codes[week],
            achieved=row.worst,
            target=row.rpo,
            happened_at=_noon(row.day),
            actor=None,
            at=at,
        )
    return f"{len(worst)} weeks kept"


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)
