"""What waits in the streams of one asset now, beside the RPO that was promised."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.money import money_words
from telemetry.models import Stream, StreamState


@dataclass(frozen=True)
class Exposure:
    """One stream: how old the oldest thing is that has not come home."""

    key: str
    site: str
    stream: str
    exposed: timedelta | None
    rpo: timedelta | None
    due_at: datetime | None
    records: int
    value: str
    heard_at: datetime
    tone: str


def exposures_of(asset: Asset, user: User, *, at: datetime) -> list[Exposure]:
    """The streams that carry the data of an asset, the most exposed first. One query."""
    carried = Q(stream__asset=asset)
    if asset.stream_name and asset.site_id:
        carried |= Q(stream__site=asset.site_id, stream__name=asset.stream_name)
    rows = StreamState.objects.filter(
        carried, stream__in=Stream.objects.visible_to(user)
    ).select_related("stream__site")
    found = [_exposure(row, at=at) for row in rows.order_by("stream__site__code", "stream__name")]
    return sorted(found, key=lambda one: one.exposed or timedelta(), reverse=True)


def _exposure(row: StreamState, *, at: datetime) -> Exposure:
    waits = row.pending_records > 0 and row.oldest_pending_at is not None
    exposed = at - row.oldest_pending_at if waits and row.oldest_pending_at else None
    rpo = row.stream.rpo
    if rpo is None:
        tone = "unknown"
    elif exposed is None:
        tone = "ok"
    else:
        tone = "act" if exposed > rpo else "watch" if exposed > 0.75 * rpo else "ok"
    return Exposure(
        key=f"exposure-{row.pk}",
        site=row.stream.site.code,
        stream=row.stream.name,
        exposed=exposed,
        rpo=rpo,
        due_at=row.rpo_due_at() if waits else None,
        records=row.pending_records,
        value=money_words(row.pending_value_minor, row.currency),
        heard_at=row.received_at,
        tone=tone,
    )
