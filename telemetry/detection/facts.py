"""The present state of the fleet as plain values: a fixed number of queries, however many sites."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from assets.windows import sites_in_window
from telemetry.detection.tuning import Tuning, read_tuning
from telemetry.models import Device, NodeState, SiteState, StreamState

# A device that has not been heard for this long says nothing about an outage of today.
LONG_DARK = timedelta(hours=24)
# Of the sites heard a moment ago, so many at most are read; the pass over all misses none.
MOST_HEARD = 500


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What we know about one device."""

    pk: int
    site_id: int
    name: str
    period: timedelta
    last_received_at: datetime | None
    heartbeats_since_return: int
    last_sync_ok_at: datetime | None
    reported_state: str
    node_state: NodeState
    node_state_since: datetime | None
    flap_bits: int
    flap_checked_at: datetime | None
    is_flapping: bool
    central_ok: bool | None
    app_version: str
    agent_version: str
    is_forked: bool
    clock_offset_ms: int | None
    clock_jumped: bool | None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What we know about one site."""

    pk: int
    code: str
    name: str
    region: str
    region_id: int
    region_name: str
    provider: str
    shard: str
    criticality: int
    offline_is_normal: bool
    sector: str
    in_window: bool
    devices: tuple[DeviceFacts, ...]

    @property
    def last_received_at(self) -> datetime | None:
        """When we last heard any of its devices."""
        return max((d.last_received_at for d in self.devices if d.last_received_at), default=None)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What waits in one stream, and how late it may be."""

    stream_id: int
    site_id: int
    device_id: int
    name: str
    asset_id: int | None
    rpo: timedelta | None
    pending_records: int
    pending_bytes: int | None
    pending_value_minor: int | None
    currency: str
    oldest_pending_at: datetime | None
    pending_expires_at: datetime | None
    sampled_at: datetime
    last_sync_ok_at: datetime | None
    consecutive_failures: int


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions a calm site runs."""

    app_version: str
    agent_version: str


@dataclass(frozen=True, slots=True)
class CalmSite:
    """A site that was counted and not read: what it has in common with others."""

    pk: int
    region: str
    provider: str
    shard: str
    devices: tuple[Versions, ...]


class SiteSeen(NamedTuple):
    """What the last pass wrote about a site; the names are those of its row."""

    node_state: str
    since: datetime | None
    pending_records: int
    pending_bytes: int
    pending_value_minor: int
    oldest_pending_at: datetime | None
    rpo_due_at: datetime | None
    rpo_is_known: bool


@dataclass(frozen=True)
class Fleet:
    """All facts of one pass; `calm` are the sites about which nothing can follow."""

    at: datetime
    sites: Mapping[int, SiteFacts]
    streams: Mapping[int, tuple[StreamFacts, ...]]
    known: Mapping[int, SiteSeen]
    tuning: Tuning = field(default_factory=Tuning)
    calm: frozenset[int] = frozenset()
    calm_in_window: int = 0

    @property
    def size(self) -> int:
        """How many sites there are, read or counted."""
        return len(self.sites) + len(self.calm)


# As text, so that ten thousand of them are not parsed one by one.
_APP = KeyTextTransform("version", "state__app")
_AGENT = KeyTextTransform("version", "state__agent")
_DEVICE = (
    "pk", "site_id", "name", "heartbeat_every_s",
    "state__last_received_at", "state__heartbeats_since_return", "state__last_sync_ok_at",
    "state__reported_state", "state__node_state", "state__node_state_since",
    "state__flap_bits", "state__flap_checked_at", "state__is_flapping",
    "state__reach__central__ok", "app_version", "agent_version",
    "state__is_forked", "state__clock_offset_ms", "state__clock__jumped",
    "site__code", "site__name", "site__region__code", "site__region_id", "site__region__name",
    "site__provider", "site__shard", "site__criticality", "site__offline_is_normal",
    "site__sector",
)  # fmt: skip
_STREAM = (
    "stream_id", "stream__site_id", "device_id", "stream__name", "stream__asset_id",
    "stream__rpo", "pending_records", "pending_bytes", "pending_value_minor", "currency",
    "oldest_pending_at", "pending_expires_at", "sampled_at", "last_sync_ok_at",
    "consecutive_failures",
)  # fmt: skip


# Where the fields live that sites have in common whatever their devices run.
_PLACED = {"region": "site__region__code", "provider": "site__provider", "shard": "site__shard"}


def read_calm_sites(
    fleet: Fleet, like: Collection[tuple[str, str]] | None = None
) -> list[CalmSite]:
    """What the calm sites have in common with others; asked only when some are silent.

    With `like`, at least those that share one of these fields and values.
    """
    if not fleet.calm:
        return []
    alike = Q()
    # A version is that of a site's first device: which one that is, only all of them tell.
    if like is not None and all(trait in _PLACED for trait, _value in like):
        alike = Q(pk__in=[])
        for trait, value in like:
            alike |= Q(**{_PLACED[trait]: value})
    rows = (
        Device.objects.in_service()
        .exclude(state=None)
        .order_by("-pk")
        .annotate(app_version=_APP, agent_version=_AGENT)
        .filter(alike)
        .values_list(
            "site_id", "site__region__code", "site__provider", "site__shard",
            "app_version", "agent_version",
        )
    )  # fmt: skip
    # The device that was enrolled first speaks for the versions, as at sites that are read.
    firsts = {row[0]: row for row in rows if row[0] in fleet.calm}
    windows = sites_in_window(fleet.at) if fleet.calm_in_window else frozenset()
    return [
        CalmSite(pk, region, provider, shard, (Versions(str(app or ""), str(agent or "")),))
        for pk, region, provider, shard, app, agent in firsts.values()
        if pk not in windows
    ]


def read_fleet(
    at: datetime,
    *,
    heard_since: datetime | None = None,
    only: Set[int] | None = None,
    calm: frozenset[int] = frozenset(),
    tuning: Tuning | None = None,
) -> Fleet:
    """Read everything the rules look at, once; or only of some sites, with the calm ones named."""
    windows = sites_in_window(at)
    devices: dict[int, list[DeviceFacts]] = {}
    rows: dict[int, tuple[object, ...]] = {}
    in_service = Device.objects.in_service().exclude(state=None).filter(site__closed_on=None)
    states, sites_known = StreamState.objects.all(), SiteState.objects.all()
    if heard_since is not None:
        heard = in_service.filter(state__last_received_at__gte=heard_since)
        only = set(heard.values_list("site_id", flat=True)[:MOST_HEARD])
    if only is not None:
        in_service = in_service.filter(site__pk__among=only)
        states, sites_known = (
            states.filter(stream__site__pk__among=only),
            sites_known.filter(site__pk__among=only),
        )
    for row in (
        in_service.order_by("pk")
        .annotate(app_version=_APP, agent_version=_AGENT)
        .values_list(*_DEVICE)
    ):
        devices.setdefault(row[1], []).append(_device(row))
        rows[row[1]] = row[19:]
    sites = {
        pk: SiteFacts(pk, *row, pk in windows, tuple(devices[pk]))  # type: ignore[arg-type, call-arg]  # the columns above
        for pk, row in rows.items()
    }
    known = {
        pk: SiteSeen(*row) for pk, *row in sites_known.values_list("site_id", *SiteSeen._fields)
    }
    return Fleet(
        at,
        sites,
        _read_streams(states),
        known,
        tuning or read_tuning(),
        calm,
        len(calm & windows),
    )


def _read_streams(states: QuerySet[StreamState]) -> dict[int, tuple[StreamFacts, ...]]:
    streams: dict[int, list[StreamFacts]] = {}
    for row in states.order_by("stream_id").values_list(*_STREAM):
        facts = StreamFacts(*row)
        streams.setdefault(facts.site_id, []).append(facts)
    return {pk: tuple(found) for pk, found in streams.items()}


def _device(row: tuple[object, ...]) -> DeviceFacts:
    values = list(row[:19])
    values[3] = timedelta(seconds=int(str(values[3])))
    values[8] = NodeState(str(values[8]))
    values[14] = str(values[14] or "")
    values[15] = str(values[15] or "")
    return DeviceFacts(*values)  # type: ignore[arg-type]  # the columns of _DEVICE, in order
