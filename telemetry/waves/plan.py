"""Who goes in which wave: 1 canary, 3, 10 %, 25 %, the rest; how long it takes, what load it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef

from assets.models import Site
from bcp_portal.accounts.models import User
from telemetry.models import (
    NodeState,
    OrderAction,
    OrderSite,
    OrderStatus,
    Signal,
    SignalRule,
    SiteState,
)
from telemetry.models.order import REACHABLE
from telemetry.models.wave import WaveOrder
from telemetry.waves.health import Gate

# Where nobody has measured the size of a record.
_BYTES_A_RECORD = 1024
_SUSPECT = (SignalRule.SUSPECT_SOURCE, SignalRule.CHECKSUM_MISMATCH)


@dataclass(frozen=True)
class Candidate:
    """A site that has something to bring home."""

    site_id: int
    code: str
    criticality: int
    records: int
    bytes: int


@dataclass(frozen=True)
class Candidates:
    """Who can go now, who is dark, and who may not go: a suspect source, or frozen by order."""

    ready: list[Candidate]
    dark: list[Candidate]
    barred: list[str]


@dataclass(frozen=True)
class Leg:
    """One wave of the forecast."""

    position: int
    sites: int
    bytes: int
    begins_in: timedelta
    takes: timedelta
    rate: int


def candidates(user: User, *, order_by: str) -> Candidates:
    """Everybody with a queue, sorted as asked; three questions."""
    suspect = Signal.objects.open().filter(rule__in=_SUSPECT, site=OuterRef("pk"))
    frozen = OrderSite.objects.filter(
        site=OuterRef("pk"),
        ended_at=None,
        order__action=OrderAction.FREEZE,
        order__status=OrderStatus.IN_FORCE,
    )
    rows = (
        Site.objects.visible_to(user)
        .open()
        .filter(state__pending_records__gt=0)
        .select_related("state")
        .annotate(is_barred=Exists(suspect) | Exists(frozen))
        .order_by("code")
    )
    ready, dark, barred = [], [], []
    for site in rows:
        if getattr(site, "is_barred", False):
            barred.append(site.code)
        elif NodeState(site.state.node_state) in REACHABLE:
            ready.append(_candidate(site, site.state))
        else:
            dark.append(_candidate(site, site.state))
    return Candidates(sort(ready, order_by), sort(dark, order_by), barred)


def _candidate(site: Site, state: SiteState) -> Candidate:
    size = state.pending_bytes or state.pending_records * _BYTES_A_RECORD
    return Candidate(site.pk, site.code, site.criticality, state.pending_records, size)


def sort(found: Sequence[Candidate], order_by: str) -> list[Candidate]:
    """Smallest queue first, or most critical first and then smallest."""
    if order_by == WaveOrder.CRITICAL:
        return sorted(found, key=lambda one: (one.criticality, one.bytes, one.code))
    return sorted(found, key=lambda one: (one.bytes, one.code))


def split(count: int) -> list[int]:
    """The sizes of the waves: 1, 3, 10 %, 25 %, the rest."""
    sizes, left = [], count
    for wanted in (1, 3, round(count * 0.10), round(count * 0.25), count):
        size = min(left, max(1, wanted))
        if size:
            sizes.append(size)
        left -= size
    return sizes


def share(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates in their waves."""
    waves, begin = [], 0
    for size in split(len(found)):
        waves.append(list(found[begin : begin + size]))
        begin += size
    return waves


def rate_for(capacity: int, sites: int) -> int:
    """What each site of a wave may send, so that together they stay below the centre's capacity."""
    return max(1, capacity // max(1, sites))


def forecast(sizes: Sequence[tuple[int, int]], *, capacity: int, gate: Gate) -> list[Leg]:
    """How long each wave takes: its bytes at the granted rate, and the gate after it.

    `sizes`: number of sites and bytes of each wave.
    """
    legs, begins = [], timedelta(0)
    for position, (sites, size) in enumerate(sizes, start=1):
        takes = timedelta(seconds=size / capacity) + gate.watch_for
        legs.append(Leg(position, sites, size, begins, takes, min(capacity, size)))
        begins += takes
    return legs
