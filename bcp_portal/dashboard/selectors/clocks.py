"""The streams whose promise is broken next: the RPO clocks, counting down even in the dark."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import site_url
from bcp_portal.dashboard.looks import LOOKS, state_of
from bcp_portal.shared.money import money_words
from telemetry.models import SiteState, StreamState
from telemetry.models.device import SILENT_STATES

SHOWN = 4


@dataclass(frozen=True)
class RpoClock:
    """One stream that waits, and when its RPO is exceeded."""

    key: str
    site: str
    stream: str
    url: str
    tone: str
    due_at: datetime
    used_s: float
    rpo_s: float
    records: int
    value: str
    dark_since: datetime | None
    mark: str


@dataclass(frozen=True)
class RpoClocks:
    """The most urgent clocks, and how much waits without anybody having said how long it may."""

    clocks: list[RpoClock]
    unsigned: int


def rpo_clocks(user: User, *, at: datetime) -> RpoClocks:
    """Gather the most urgent clocks in three queries."""
    visible = Site.objects.visible_to(user).open()
    urgent = list(
        SiteState.objects.filter(site__in=visible, rpo_due_at__isnull=False)
        .select_related("site")
        .order_by("rpo_due_at")[: SHOWN * 2]
    )
    states = {state.site_id: state for state in urgent}
    waiting = StreamState.objects.filter(
        stream__site__in=list(states), oldest_pending_at__isnull=False, stream__rpo__isnull=False
    ).select_related("stream")
    clocks = [_clock(row, states[row.stream.site_id], at=at) for row in waiting]
    unsigned = StreamState.objects.filter(
        Q(pending_records__gt=0), stream__site__in=visible, stream__rpo=None
    ).count()
    clocks.sort(key=lambda clock: clock.due_at)
    return RpoClocks(clocks=clocks[:SHOWN], unsigned=unsigned)


def _clock(row: StreamState, state: SiteState, *, at: datetime) -> RpoClock:
    due_at = row.rpo_due_at()
    assert due_at is not None
    assert row.stream.rpo is not None
    rpo_s = row.stream.rpo.total_seconds()
    node_state = state_of(state.node_state)
    left = (due_at - at).total_seconds()
    return RpoClock(
        key=f"rpo-{row.pk}",
        site=state.site.code,
        stream=row.stream.name,
        url=site_url(state.site.code),
        tone="act" if left < 0 else LOOKS[node_state].tone,
        due_at=due_at,
        used_s=max(0.0, rpo_s - left),
        rpo_s=rpo_s,
        records=row.pending_records,
        value=money_words(row.pending_value_minor, row.currency),
        dark_since=state.since if node_state in SILENT_STATES else None,
        mark=f"{due_at:%H%M%S} {row.pending_records}",
    )
