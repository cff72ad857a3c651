"""What the sites of an incident told meanwhile: states, what waited there, how they synced."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from assets.models import Site
from incidents.models import Incident
from telemetry.keeping.levels import FIVE_MINUTES_S, HOUR_S, begins, waiting
from telemetry.keeping.reading import bins_between
from telemetry.models import Device, SiteSpan, SyncOutcome, SyncSession

# Before it began and after it ended: what is normal there must be seen, too.
MARGIN = timedelta(minutes=30)
# A picture of more has no room, and a longer one no meaning.
SITES_SHOWN, SESSIONS_SHOWN = 12, 30
LONGEST = timedelta(days=7)
FINE_UNTIL = timedelta(hours=24)


@dataclass(frozen=True)
class SiteSyncs:
    """The sync log of one site in the time of the incident, in numbers."""

    site: Site
    total: int
    failed: int
    mismatched: int
    records_out: int
    last_ok_at: datetime | None


@dataclass(frozen=True)
class FleetDuring:
    """The fleet while it happened; sites without telemetry are named, never drawn as well."""

    begins_at: datetime
    ends_at: datetime
    sites: list[Site]
    hidden_sites: int
    spans: dict[int, list[SiteSpan]]
    waiting: list[tuple[datetime, int]]
    syncs: list[SiteSyncs]
    odd_sessions: list[SyncSession]
    hidden_sessions: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was told by any of them."""
        return not (self.spans or self.waiting or self.syncs)


def fleet_during(incident: Incident, *, at: datetime) -> FleetDuring:
    """Gather what the sites hit told from half an hour before to half an hour after."""
    starts = incident.started_at - MARGIN
    over = incident.recovered_at or incident.closed_at or at
    ends = min(over + MARGIN, at, starts + LONGEST)
    links = incident.sites.select_related("site").order_by("affected_at", "site__code")
    sites = [link.site for link in links[:SITES_SHOWN]]
    devices = {
        device.pk: device.site_id for device in Device.objects.filter(site__in=sites).only("site")
    }
    sessions = list(
        SyncSession.objects.filter(device__in=devices, started_at__gte=starts, started_at__lt=ends)
        .for_list()
        .order_by("started_at", "pk")
    )
    odd = [one for one in sessions if one.outcome != SyncOutcome.OK or one.is_mismatch]
    return FleetDuring(
        begins_at=starts,
        ends_at=ends,
        sites=sites,
        hidden_sites=max(incident.sites.count() - len(sites), 0),
        spans=_spans(sites, starts, ends),
        waiting=_waiting(list(devices), starts, ends),
        syncs=_syncs(sites, sessions),
        odd_sessions=odd[:SESSIONS_SHOWN],
        hidden_sessions=max(len(odd) - SESSIONS_SHOWN, 0),
    )


def _spans(sites: list[Site], starts: datetime, ends: datetime) -> dict[int, list[SiteSpan]]:
    rows = SiteSpan.objects.filter(site__in=sites, began_at__lt=ends).filter(
        Q(ended_at=None) | Q(ended_at__gt=starts)
    )
    found: dict[int, list[SiteSpan]] = defaultdict(list)
    for row in rows.order_by("began_at"):
        found[row.site_id].append(row)
    return dict(found)


def _waiting(devices: list[int], starts: datetime, ends: datetime) -> list[tuple[datetime, int]]:
    """The most records that waited in each stretch, over all devices that said something."""
    span_s = FIVE_MINUTES_S if ends - starts <= FINE_UNTIL else HOUR_S
    most: Counter[datetime] = Counter()
    bins = bins_between(devices, begins_at=starts, ends_at=ends, span_s=span_s)
    for told in bins.values():
        for one in told:
            most[begins(one)] += waiting(one)
    return sorted(most.items())


def _syncs(sites: list[Site], sessions: list[SyncSession]) -> list[SiteSyncs]:
    by_site: dict[int, list[SyncSession]] = defaultdict(list)
    for session in sessions:
        by_site[session.device.site_id].append(session)
    lines = []
    for site in sites:
        told = by_site.get(site.pk, [])
        well = [one for one in told if one.outcome == SyncOutcome.OK]
        if told:
            lines.append(
                SiteSyncs(
                    site=site,
                    total=len(told),
                    failed=len(told) - len(well),
                    mismatched=sum(one.is_mismatch for one in told),
                    records_out=sum(one.records_out or 0 for one in told),
                    last_ok_at=well[-1].started_at if well else None,
                )
            )
    return lines
