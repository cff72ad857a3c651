"""Which sites a pass has to look at: those about which anything could follow now.

A site is calm when all its devices are online and were heard within the last period or so, nothing
is odd about them, and none of its queues comes near a limit. Nothing follows from a calm site but
that it is there; so it is counted and not read. What a pass might miss, because it ran late, is
repaired within a minute: each pass also reads a sixtieth of all sites.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, F, Q

from telemetry.detection.tuning import Tuning
from telemetry.models import Device, NodeState, Signal, SignalRule, Stream, StreamState

# Up to here everything is read: it costs less than asking what need not be.
SMALL = 500
# More than this share is of interest: then asking apart saves nothing.
LARGE_SHARE = 0.4
CALM_PERIODS = 1.2
CHANGED_WITHIN = timedelta(seconds=4)
TURNS = 60


@dataclass(frozen=True)
class Interest:
    """The sites to read, and those that are only counted."""

    wanted: frozenset[int]
    calm: frozenset[int]


def sites_of_interest(
    at: datetime, *, tuning: Tuning, still_open: Iterable[Signal], more: Iterable[int]
) -> Interest | None:
    """Part the fleet, in one statement over all its devices; None: read all of it."""
    if Device.objects.in_service().count() <= SMALL:
        return None
    rows = _look(at, tuning)
    most = len(rows) * LARGE_SHARE
    wanted = set(more)
    for signal in still_open:
        wanted |= set(signal.site_ids)
    wanted |= {site for site, is_wanted, _heard in rows if is_wanted}
    if len(wanted) < most:
        wanted |= set(_tense(at, tuning))
    if len(wanted) >= most:
        return None
    heard = {site for site, _wanted, is_heard in rows if is_heard}
    return Interest(frozenset(wanted), frozenset(heard - wanted))


def _look(at: datetime, tuning: Tuning) -> list[tuple[int, bool | None, bool]]:
    """Each device: its site, whether that must be read, and whether the device was ever heard."""
    turn = int(at.timestamp()) % TURNS
    changed = Q(state__changed_at__gte=at - CHANGED_WITHIN)
    wanted = _not_calm(at, tuning) | changed | Q(turn=turn)
    return list(
        Device.objects.in_service()
        .exclude(state=None)
        .filter(site__closed_on=None)
        .annotate(turn=F("site_id") % TURNS)
        .annotate(
            is_wanted=ExpressionWrapper(wanted, output_field=BooleanField()),
            # Not the moment itself: ten thousand of them would be taken apart for nothing.
            is_heard=ExpressionWrapper(
                Q(state__last_received_at__isnull=False), output_field=BooleanField()
            ),
        )
        .values_list("site_id", "is_wanted", "is_heard")
    )


def _not_calm(at: datetime, tuning: Tuning) -> Q:
    least_s = tuning.spread(SignalRule.CLOCK_JUMP, "off_by_s")[0] / 2
    odd = (
        ~Q(state__node_state=NodeState.ONLINE)
        | Q(state__reported_state__in=["frozen", "offline_ordered", "maintenance"])
        | Q(state__is_forked=True)
        | Q(state__is_flapping=True)
        | Q(state__flap_bits__gt=0)
        | Q(state__clock_offset_ms__gt=least_s * 1000)
        | Q(state__clock_offset_ms__lt=-least_s * 1000)
        | Q(state__clock__jumped=True)
        | Q(state__reach__central__ok=False)
        | Q(site__state=None)
        | Q(state__last_received_at=None)
    )
    periods = Device.objects.in_service().order_by().values_list("heartbeat_every_s", flat=True)
    for period in periods.distinct():
        late = at - timedelta(seconds=period * CALM_PERIODS)
        odd |= Q(heartbeat_every_s=period, state__last_received_at__lt=late)
    return odd


def _tense(at: datetime, tuning: Tuning) -> Iterable[int]:
    """Sites with a queue near its RPO, or with failures."""
    # What is warned of already is an open signal, and read for that; here only what may be raised.
    warned = tuning.spread(SignalRule.RPO_PREDICTED, "warn_headroom")[1]
    tense = Q(consecutive_failures__gt=0)
    for rpo in Stream.objects.order_by().values_list("rpo", flat=True).distinct():
        if rpo is not None:
            tense |= Q(stream__rpo=rpo, oldest_pending_at__lt=at - rpo * (1 - warned))
    rows = StreamState.objects.filter(tense)
    return rows.values_list("stream__site_id", flat=True)
