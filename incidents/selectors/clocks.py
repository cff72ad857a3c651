"""The clocks of an incident: when each asset must be back, and how much data is at stake."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, Site
from incidents.models import Incident, IncidentAsset
from telemetry.models import StreamState


@dataclass(frozen=True)
class RtoClock:
    """How one asset stands against its RTO. Without a target the verdict stays unknown."""

    hit: IncidentAsset
    asset: Asset
    deadline: datetime | None
    left: timedelta | None
    is_missed: bool | None
    recovered_at: datetime | None

    @property
    def mtpd_at(self) -> datetime | None:
        """When the outage becomes intolerable."""
        return self.hit.down_at + self.hit.mtpd if self.hit.mtpd is not None else None

    @property
    def level(self) -> str:
        """met, missed, running, urgent (less than a quarter left) or unknown."""
        if self.is_missed is None:
            return "unknown"
        if self.is_missed:
            return "missed"
        if self.recovered_at is not None:
            return "met"
        if self.left is not None and self.hit.rto and self.left < self.hit.rto / 4:
            return "urgent"
        return "running"


@dataclass(frozen=True)
class IncidentClock:
    """The clocks of one incident, the most urgent first."""

    incident: Incident
    lasted: timedelta
    clocks: tuple[RtoClock, ...]

    @property
    def most_urgent(self) -> RtoClock | None:
        """The asset whose time runs out first, of those that are still down."""
        running = [c for c in self.clocks if c.recovered_at is None and c.deadline is not None]
        return min(running, key=lambda c: c.deadline or c.hit.down_at, default=None)

    @property
    def unknown_count(self) -> int:
        """Assets hit for which nobody has said how fast they must be back."""
        return sum(1 for clock in self.clocks if clock.deadline is None)


@dataclass(frozen=True)
class StreamExposure:
    """What waits at one site, and when its RPO is exceeded. None is unknown, not zero."""

    site: Site
    stream_name: str
    pending_records: int | None
    pending_bytes: int | None
    pending_value_minor: int | None
    currency: str
    oldest_pending_at: datetime | None
    expires_at: datetime | None
    rpo: timedelta | None
    due_at: datetime | None
    minutes_left: float | None
    sampled_at: datetime | None

    @property
    def is_breached(self) -> bool | None:
        """Whether more is at stake than was signed; None where nobody can know."""
        if self.rpo is None or self.sampled_at is None:
            return None
        return self.minutes_left is not None and self.minutes_left < 0


@dataclass(frozen=True)
class RpoExposure:
    """What all hit sites together have not brought home yet."""

    streams: tuple[StreamExposure, ...]
    pending_records: int
    pending_bytes: int
    values: dict[str, int]
    oldest_pending_at: datetime | None
    minutes_left: float | None
    breached_count: int
    unknown_count: int


def incident_clock(incident: Incident, *, at: datetime) -> IncidentClock:
    """The RTO clocks of an incident; one query."""
    hits = incident.assets.select_related("asset", "gated_by").order_by("down_at", "pk")
    return clock_of(incident, hits, at=at)


def clock_of(incident: Incident, hits: Iterable[IncidentAsset], *, at: datetime) -> IncidentClock:
    """The same from rows that were fetched already; no query."""
    clocks = [_rto_clock(hit, at) for hit in hits]
    clocks.sort(key=lambda c: (c.recovered_at is not None, c.deadline is None, c.deadline or at))
    return IncidentClock(incident, incident.down_for(at), tuple(clocks))


def rpo_exposure(incident: Incident, *, at: datetime) -> RpoExposure:
    """What the sites of an incident have not brought home; two queries."""
    links = incident.sites.select_related("site").order_by("pk")
    return exposure_of([link.site for link in links], at=at)


def exposure_of(hit: Iterable[Site], *, at: datetime) -> RpoExposure:
    """The same for sites that were fetched already; one query.

    `oldest_pending_at` is an instant, so the clock runs on while a site is dark.
    """
    sites = {site.pk: site for site in hit}
    states = (
        StreamState.objects.filter(stream__site__in=list(sites))
        .select_related("stream")
        .order_by("stream__site_id", "stream__name")
    )
    streams = [_exposure(state, sites[state.stream.site_id], at) for state in states]
    told = {stream.site.pk for stream in streams}
    silent = [_nothing_known(site) for pk, site in sites.items() if pk not in told]
    return _total([*streams, *silent])


def _rto_clock(hit: IncidentAsset, at: datetime) -> RtoClock:
    deadline = hit.rto_deadline()
    end = hit.recovered_at or at
    return RtoClock(
        hit=hit,
        asset=hit.asset,
        deadline=deadline,
        left=None if deadline is None else deadline - end,
        is_missed=None if deadline is None else end > deadline,
        recovered_at=hit.recovered_at,
    )


def _exposure(state: StreamState, site: Site, at: datetime) -> StreamExposure:
    due_at = state.rpo_due_at()
    return StreamExposure(
        site=site,
        stream_name=state.stream.name,
        pending_records=state.pending_records,
        pending_bytes=state.pending_bytes,
        pending_value_minor=state.pending_value_minor,
        currency=state.currency,
        oldest_pending_at=state.oldest_pending_at,
        expires_at=state.pending_expires_at,
        rpo=state.stream.rpo,
        due_at=due_at,
        minutes_left=None if due_at is None else (due_at - at).total_seconds() / 60,
        sampled_at=state.sampled_at,
    )


def _nothing_known(site: Site) -> StreamExposure:
    return StreamExposure(site, "", None, None, None, "", None, None, None, None, None, None)


def _total(streams: list[StreamExposure]) -> RpoExposure:
    streams.sort(key=lambda s: (s.minutes_left is None, s.minutes_left or 0.0, s.site.code))
    values: dict[str, int] = {}
    for stream in streams:
        if stream.pending_value_minor:
            values[stream.currency] = values.get(stream.currency, 0) + stream.pending_value_minor
    known = [stream.minutes_left for stream in streams if stream.minutes_left is not None]
    waiting = [s.oldest_pending_at for s in streams if s.oldest_pending_at is not None]
    return RpoExposure(
        streams=tuple(streams),
        pending_records=sum(stream.pending_records or 0 for stream in streams),
        pending_bytes=sum(stream.pending_bytes or 0 for stream in streams),
        values=values,
        oldest_pending_at=min(waiting, default=None),
        minutes_left=min(known, default=None),
        breached_count=sum(1 for stream in streams if stream.is_breached),
        unknown_count=sum(1 for stream in streams if stream.is_breached is None),
    )
