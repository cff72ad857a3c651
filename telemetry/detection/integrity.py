"""Checksums that do not agree after a sync: at one site, and at many."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext_noop

from telemetry.detection.facts import Fleet
from telemetry.detection.outcome import Outcome
from telemetry.models import SignalRule, SyncSession
from telemetry.services.signal import Claim

LOOK_BACK = timedelta(hours=24)
MASS_WITHIN = timedelta(minutes=60)
MASS_SITES = 3
# One percent of a hundred rows is one late sale.
MIN_ROWS = 100


@dataclass(frozen=True)
class Mismatch:
    """The newest session of a stream, after which the two sides do not agree."""

    device_id: int
    site_id: int
    stream_name: str
    started_at: datetime
    ours: str
    theirs: str
    rows: int | None
    peer_rows: int | None


def read_mismatches(at: datetime) -> list[Mismatch]:
    """Streams whose newest session that compared both sides ended in a mismatch.

    The newest by its own start, not by arrival: a late report of a mismatch that a later session
    has repaired raises nothing.
    """
    newest = (
        SyncSession.objects.filter(device=OuterRef("device"), stream_name=OuterRef("stream_name"))
        # A session that failed before the sides compared says nothing about their agreement.
        .exclude(digest_peer_after={})
        .order_by("-started_at", "-pk")
        .values("pk")[:1]
    )
    found = (
        SyncSession.objects.mismatched()
        .filter(received_at__gte=at - LOOK_BACK, device__revoked_at=None)
        .annotate(newest=Subquery(newest))
        .filter(pk=F("newest"))
        .select_related("device")
        .order_by("device_id", "stream_name")
    )
    return [
        Mismatch(
            session.device_id,
            session.device.site_id,
            session.stream_name,
            session.started_at,
            str(session.digest_after.get("value", ""))[:16],
            str(session.digest_peer_after.get("value", ""))[:16],
            session.digest_after.get("rows"),
            session.digest_peer_after.get("rows"),
        )
        for session in found
    ]


def integrity_claims(fleet: Fleet, mismatches: list[Mismatch]) -> list[Outcome]:
    """One claim a stream; three sites within the hour are one claim for all of them."""
    recent = {
        item.site_id for item in mismatches if fleet.at - item.started_at <= MASS_WITHIN
    } & fleet.sites.keys()
    mass: list[Claim] = []
    numbers = fleet.tuning.of(SignalRule.MASS_INCONSISTENCY)
    differing, rows = row_share(item for item in mismatches if item.site_id in recent)
    is_wide = differing >= MIN_ROWS and differing > numbers["max_row_share"] * rows
    if numbers.is_on and recent and (len(recent) >= numbers["min_sites"] or is_wide):
        mass.append(_mass_claim(fleet, mismatches, recent, (differing, rows)))
    parent = f"{SignalRule.MASS_INCONSISTENCY}:fleet" if mass else ""
    singles = [
        replace(_claim(fleet, item), parent_key=parent if item.site_id in recent else "")
        for item in mismatches
        if item.site_id in fleet.sites
    ]
    return [
        # A flood of conflicts is claimed by the inspection, under the same rule.
        Outcome(SignalRule.MASS_INCONSISTENCY, mass, keep="conflicts".__eq__),
        Outcome(SignalRule.CHECKSUM_MISMATCH, singles),
    ]


def _claim(fleet: Fleet, item: Mismatch) -> Claim:
    site = fleet.sites[item.site_id]
    stream = next(
        (s for s in fleet.streams.get(item.site_id, ()) if s.name == item.stream_name), None
    )
    return Claim(
        rule=SignalRule.CHECKSUM_MISMATCH,
        key=f"{site.code}:{item.stream_name}:{item.device_id}",
        severity=2,
        title=gettext_noop("Checksums of %(stream)s at %(site)s do not agree after a sync"),
        params={"stream": item.stream_name, "site": f"{site.code} {site.name}"},
        sums={"site_digest": item.ours, "centre_digest": item.theirs, "rows": item.rows},
        began_at=item.started_at,
        site_id=site.pk,
        region_id=site.region_id,
        device_id=item.device_id,
        stream_id=stream.stream_id if stream else None,
        asset_id=stream.asset_id if stream else None,
        site_ids=(site.pk,),
    )


def row_share(items: Iterable[Mismatch]) -> tuple[int, int]:
    """How many rows one side has and the other has not, of all rows that were compared."""
    differing = rows = 0
    for item in items:
        ours, theirs = item.rows or 0, item.peer_rows or 0
        differing += abs(ours - theirs)
        rows += max(ours, theirs)
    return differing, rows


def _mass_claim(
    fleet: Fleet, mismatches: list[Mismatch], recent: set[int], counted: tuple[int, int]
) -> Claim:
    return Claim(
        rule=SignalRule.MASS_INCONSISTENCY,
        key="fleet",
        severity=1,
        title=gettext_noop("Data do not agree at %(count)s sites after a sync"),
        params={"count": len(recent)},
        sums={
            "sites": len(recent),
            "limit": fleet.tuning.of(SignalRule.MASS_INCONSISTENCY)["min_sites"],
            "within_min": 60,
            "rows_differ": counted[0],
            "rows_compared": counted[1],
        },
        began_at=min(item.started_at for item in mismatches if item.site_id in recent),
        site_ids=tuple(sorted(recent)),
    )
