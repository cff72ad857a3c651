"""Readings of the sites: what is dark, what waits, what disagrees. Each is one query."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, Sum

from telemetry.models import (
    Device,
    DeviceState,
    PackStanding,
    Signal,
    SiteState,
    StreamState,
    with_pack,
)
from telemetry.models.device import SILENT_STATES

Measured = dict[int | None, float]
FAILING_AFTER = 3
# What a device must say of itself to count as protected; a word missing is not a yes.
PROTECTIONS = ("disk_encrypted", "firewall_on", "av_running", "usb_storage_blocked")


def sites_dark(at: datetime) -> Measured:
    """Sites that nobody hears, planned silence aside."""
    return {None: SiteState.objects.filter(node_state__in=SILENT_STATES).count()}


def rpo_exceeded(at: datetime) -> Measured:
    """Sites that hold data for longer than an objective allows."""
    return {None: SiteState.objects.filter(pending_records__gt=0, rpo_due_at__lt=at).count()}


def oldest_queue(at: datetime) -> Measured:
    """Hours for which the oldest record waits for its link; by asset."""
    rows = StreamState.objects.filter(pending_records__gt=0).values_list("stream__asset")
    hours = {
        asset: (at - since).total_seconds() / 3600
        for asset, since in rows.annotate(since=Min("oldest_pending_at")).order_by()
        if since is not None
    }
    return {None: max(hours.values(), default=0.0), **_named(hours)}


def conflicts_open(at: datetime) -> Measured:
    """Conflicts that wait for a decision; by asset."""
    return _by_asset(StreamState.objects.all(), Sum("conflicts_open"))


def streams_failing(at: datetime) -> Measured:
    """Streams whose last tries have failed again and again; by asset."""
    failing = Count("pk", filter=Q(consecutive_failures__gte=FAILING_AFTER))
    return _by_asset(StreamState.objects.all(), failing)


def signals_open(at: datetime) -> Measured:
    """Alarms of the two upper severities that stand."""
    urgent = Signal.objects.filter(closed_at=None, is_exercise=False, severity__lte=2)
    return {None: urgent.count()}


def devices_unprotected(at: datetime) -> Measured:
    """Share of devices, in per cent, that miss a protection or say nothing about it."""
    rows = DeviceState.objects.filter(device__retired_at=None, device__revoked_at=None)
    postures = list(rows.values_list("posture", flat=True))
    if not postures:
        return {}
    bare = sum(1 for one in postures if not _is_protected(one or {}))
    return {None: 100 * bare / len(postures)}


def packs_stale(at: datetime) -> Measured:
    """Share of devices, in per cent, that would show their site an old pack, or none."""
    devices: Any = with_pack(Device.objects.in_service(), at=at)
    standings = list(devices.values_list("pack_standing", flat=True))
    known = [one for one in standings if one != PackStanding.NOT_MADE]
    if not known:
        return {}
    stale = sum(1 for one in known if one in (PackStanding.STALE, PackStanding.MISSING))
    return {None: 100 * stale / len(known)}


def _is_protected(posture: dict[str, Any]) -> bool:
    checks = posture.get("checks", posture)
    return all(checks.get(name) is True for name in PROTECTIONS)


def _by_asset(rows: Any, figure: Any) -> Measured:
    found = {
        asset: float(value or 0)
        for asset, value in rows.values_list("stream__asset").annotate(value=figure).order_by()
    }
    return {None: sum(found.values()), **_named(found)}


def _named(found: dict[int | None, float]) -> Measured:
    return {asset: value for asset, value in found.items() if asset is not None}
