"""Which sites a pass has to look at: those about which anything could follow now.

A site is calm when all its devices are online and were heard within the last period or so, nothing
is odd about them, and none of its queues comes near a limit. Nothing follows from a calm site but
that it is there; so it is counted and not read. What a pass might miss, because it ran late, is
repaired within a minute: each pass also reads a sixtieth of all sites.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q

from telemetry.detection.tuning import Tuning
from telemetry.models import Device, NodeState, Signal, SignalRule, Stream, StreamState

# Up to here everything is read: it costs less than asking what need not be.
SMALL = 500
# More than this share is of interest: then asking apart saves nothing.
LARGE_SHARE = 0.4
CALM_PERIODS = 1.2
CHANGED_WITHIN = timedelta(seconds=4)
TURNS = 60


def sites_of_interest(
    at: datetime, *, tuning: Tuning, still_open: Iterable[Signal], more: Iterable[int]
) -> set[int] | None:
    """The sites to read; None: all of them."""
    devices = Device.objects.in_service().exclude(state=None).filter(site__closed_on=None)
    total = devices.count()
    if total <= SMALL:
        return None
    wanted = set(more)
    for signal in still_open:
        wanted |= set(signal.site_ids)
    if len(wanted) < total * LARGE_SHARE:
        wanted |= set(devices.filter(_not_calm(at, tuning)).values_list("site_id", flat=True))
    if len(wanted) < total * LARGE_SHARE:
        wanted |= set(devices.filter(_new_or_its_turn(at)).values_list("site_id", flat=True))
        wanted |= set(_tense(at, tuning))
    return wanted if len(wanted) < total * LARGE_SHARE else None


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


def _new_or_its_turn(at: datetime) -> Q:
    turn = int(at.timestamp()) % TURNS
    return Q(state__changed_at__gte=at - CHANGED_WITHIN) | Q(
        pk__in=Device.objects.annotate(turn=F("site_id") % TURNS).filter(turn=turn).values("pk")
    )


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
