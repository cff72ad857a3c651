"""What an order would hit, before anybody gives it: sites, people, and what a minute costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum

from assets.models import Site, SiteAssignment
from telemetry.models import ApprovalClass, Device, OrderAction, SiteState, Stream, SyncSession
from telemetry.models.order import REACHABLE
from telemetry.ordering.classes import class_of

_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60
# Orders that stop data from coming home.
STOPPING = frozenset({OrderAction.FREEZE, OrderAction.OFFLINE, OrderAction.HOLD})


@dataclass(frozen=True)
class Preview:
    """The blast radius: who is hit, and what waiting costs.

    `records_a_minute` is what these sites brought home yesterday: from now on that much waits.
    `first_breach_at` is when the first stream exceeds its RPO if nothing comes home any more.
    """

    approval_class: ApprovalClass
    sites: int
    reachable: int
    dark: int
    devices: int
    people: int
    pending_records: int
    pending_value_minor: int
    currency: str
    records_a_minute: float
    first_breach_at: datetime | None
    streams_without_rpo: int
    stops_data: bool
    named: list[str] = field(default_factory=list)


def preview_order(action: OrderAction, sites: Sequence[Site], *, at: datetime) -> Preview:
    """Add up what an order would do; eight questions however many sites."""
    ids = [site.pk for site in sites]
    states = SiteState.objects.filter(site_id__in=ids).aggregate(
        records=Sum("pending_records"),
        value=Sum("pending_value_minor"),
    )
    yesterday = SyncSession.objects.filter(
        device__site_id__in=ids, started_at__gt=at - _DAY, started_at__lte=at
    ).aggregate(records=Sum("records_out"))
    streams = _streams(ids, at=at)
    devices = Device.objects.in_service().filter(site_id__in=ids)
    hearing = devices.filter(state__node_state__in=[str(state) for state in REACHABLE])
    reachable = hearing.values("site_id").distinct().count()
    return Preview(
        approval_class=class_of(action, len(ids)),
        sites=len(ids),
        reachable=reachable,
        dark=len(ids) - reachable,
        devices=devices.count(),
        people=_people(sites),
        pending_records=states["records"] or 0,
        pending_value_minor=states["value"] or 0,
        currency=streams["currency"] or "",
        records_a_minute=(yesterday["records"] or 0) / _MINUTES_A_DAY,
        first_breach_at=streams["first"],
        streams_without_rpo=streams["unknown"],
        stops_data=action in STOPPING,
        named=[site.code for site in sites[:12]],
    )


def _streams(ids: Sequence[int], *, at: datetime) -> dict[str, Any]:
    rows = Stream.objects.filter(site_id__in=ids)
    counted = rows.aggregate(
        unknown=Count("pk", filter=Q(rpo=None)),
        shortest=Min("rpo"),
        currency=Max("state__currency"),
    )
    waiting = (
        rows.exclude(rpo=None)
        .exclude(state__oldest_pending_at=None)
        .annotate(due=F("state__oldest_pending_at") + F("rpo"))
        .aggregate(first=Min("due"))
    )
    # What is written this very minute waits too, and is the first to be late where nothing did.
    fresh = at + counted["shortest"] if counted["shortest"] else None
    found = [moment for moment in (waiting["first"], fresh) if moment is not None]
    return {
        "unknown": counted["unknown"],
        "currency": counted["currency"],
        "first": min(found, default=None),
    }


def _people(sites: Sequence[Site]) -> int:
    """Those who look after one of the sites, or after its region."""
    assigned = SiteAssignment.objects.filter(
        Q(site_id__in=[site.pk for site in sites])
        | Q(region_id__in={site.region_id for site in sites})
    )
    return assigned.values("user_id").distinct().count()
