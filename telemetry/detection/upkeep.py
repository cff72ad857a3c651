"""Smaller rules: syncs that keep failing, cloned devices, clocks that are off, missed pings."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from telemetry.detection.facts import DeviceFacts, Fleet, SiteFacts, StreamFacts
from telemetry.detection.outcome import Outcome
from telemetry.models import NodeState, PingCheck, SignalRule
from telemetry.services.signal import Claim

# A site that is just back has its failures behind it: it gets this long to synchronise.
RETURNING = timedelta(minutes=2)
# A clock is right again when it is off by less than this share of what raised it.
CLOCK_CLEAR = 0.5


def repeated_failures(fleet: Fleet, parents: Mapping[int, str]) -> Outcome:
    """A stream whose sync failed five times in a row while the site was reachable."""
    claims = [
        _failure_claim(fleet.sites[site_id], stream, parents.get(site_id, ""), limit)
        for site_id, streams in fleet.streams.items()
        if site_id in fleet.sites and _is_settled(fleet, site_id)
        for limit in (_in_a_row(fleet, site_id),)
        for stream in streams
        if stream.consecutive_failures >= limit
    ]
    failing = {
        f"{fleet.sites[site_id].code}:{stream.name}"
        for site_id, streams in fleet.streams.items()
        if site_id in fleet.sites
        for stream in streams
        if stream.consecutive_failures > 0
    }
    return Outcome(SignalRule.REPEATED_FAILURES, claims, keep=failing.__contains__)


def _in_a_row(fleet: Fleet, site_id: int) -> float:
    numbers = fleet.tuning.of(SignalRule.FREQUENT_FAILURES, site_id, fleet.sites[site_id].sector)
    return numbers["in_a_row"] if numbers.is_on else math.inf


def _is_settled(fleet: Fleet, site_id: int) -> bool:
    """Is the site reachable, and not only since a moment ago?"""
    seen = fleet.known.get(site_id)
    if seen is None:
        return False
    if seen.node_state == NodeState.ONLINE:
        return True
    if seen.node_state != NodeState.CONNECTED or seen.since is None:
        return False
    return fleet.at - seen.since >= RETURNING


def _failure_claim(site: SiteFacts, stream: StreamFacts, parent: str, in_a_row: float) -> Claim:
    return Claim(
        rule=SignalRule.REPEATED_FAILURES,
        key=f"{site.code}:{stream.name}",
        parent_key=parent,
        severity=3,
        title=gettext_noop("Sync of %(stream)s at %(site)s keeps failing"),
        params={"stream": stream.name, "site": f"{site.code} {site.name}"},
        sums={"in_a_row": in_a_row},
        began_at=stream.sampled_at,
        site_id=site.pk,
        region_id=site.region_id,
        device_id=stream.device_id,
        stream_id=stream.stream_id,
        asset_id=stream.asset_id,
        site_ids=(site.pk,),
    )


def odd_devices(fleet: Fleet) -> list[Outcome]:
    """Devices that speak with two voices, and devices whose clock is off."""
    pairs = [(site, device) for site in fleet.sites.values() for device in site.devices]
    clones = [
        _device_claim(
            SignalRule.CLONED_DEVICE,
            site,
            device,
            at=fleet.at,
            severity=2,
            title=gettext_noop("%(device)s sends from two places: it may have been cloned"),
            sums={},
        )
        for site, device in pairs
        if device.is_forked
        and fleet.tuning.of(SignalRule.TELEMETRY_LOSS, site.pk, site.sector).is_on
    ]
    clocks = [
        _device_claim(
            SignalRule.CLOCK_JUMP,
            site,
            device,
            at=fleet.at,
            severity=4,
            title=gettext_noop("The clock of %(device)s is wrong"),
            sums={"limit_s": limit, "jumped": bool(device.clock_jumped)},
        )
        for site, device in pairs
        if (limit := _clock_limit(fleet, site)) and _clock_is_off(device, limit)
    ]
    still = {
        f"{site.code}/{device.name}"
        for site, device in pairs
        if (limit := _clock_limit(fleet, site)) and _clock_is_off(device, limit * CLOCK_CLEAR)
    }
    return [
        Outcome(SignalRule.CLONED_DEVICE, clones),
        Outcome(SignalRule.CLOCK_JUMP, clocks, keep=still.__contains__),
    ]


def _clock_limit(fleet: Fleet, site: SiteFacts) -> float:
    """The seconds a clock may be off at a site; 0 where nobody asks."""
    numbers = fleet.tuning.of(SignalRule.CLOCK_JUMP, site.pk, site.sector)
    return numbers["off_by_s"] if numbers.is_on else 0.0


def _clock_is_off(device: DeviceFacts, limit_s: float) -> bool:
    offset = device.clock_offset_ms or 0

    return device.clock_jumped is True or abs(offset) > limit_s * 1000


def _device_claim(
    rule: SignalRule,
    site: SiteFacts,
    device: DeviceFacts,
    *,
    at: datetime,
    severity: int,
    title: str,
    sums: dict[str, float],
) -> Claim:
    return Claim(
        rule=rule,
        key=f"{site.code}/{device.name}",
        severity=severity,
        title=title,
        params={"device": f"{site.code}/{device.name}"},
        sums=sums,
        began_at=device.last_received_at or at,
        site_id=site.pk,
        region_id=site.region_id,
        device_id=device.pk,
        site_ids=(site.pk,),
    )


def missed_pings(at: datetime) -> Outcome:
    """Jobs elsewhere that have not called when they should have, or called to say they failed."""
    overdue = PingCheck.objects.filter(retired_at=None, due_at__lt=at)
    claims = [
        Claim(
            rule=SignalRule.PING_MISSED,
            key=f"ping:{check.pk}",
            severity=3,
            title=gettext_noop("%(name)s has not called"),
            params={"name": check.name},
            sums={"due_at": check.due_at.isoformat() if check.due_at else None},
            began_at=check.due_at or at,
            site_id=check.site_id,
            asset_id=check.asset_id,
            site_ids=(check.site_id,) if check.site_id else (),
        )
        for check in overdue.order_by("pk")
    ]
    return Outcome(SignalRule.PING_MISSED, claims)
