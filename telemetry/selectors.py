"""Read models: what the site page shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Asset, Site
from telemetry.models import (
    Device,
    Sample,
    Signal,
    SiteState,
    StreamState,
    SyncOutcome,
    SyncSession,
    with_pack,
)
from telemetry.selectors_pack import CopyLine, copy_line
from telemetry.wording import explain_sums, signal_title

SESSIONS = 20
# Of the sessions of one stream on the page: so much longer than the middle one is odd.
LONG_BY, LEAST_MS, LEAST_BASE = 4, 5000, 5
LADDER = ("gateway", "dns", "internet", "central", "portal")


@dataclass(frozen=True)
class Rung:
    """One step of the reach ladder; `is_ok` None: not asked."""

    name: str
    is_ok: bool | None
    rtt_ms: int | None


@dataclass(frozen=True)
class DeviceLine:
    """One device of the site."""

    device: Device
    rungs: list[Rung]
    copy: CopyLine


@dataclass(frozen=True)
class StreamLine:
    """One stream and its RPO clock."""

    state: StreamState
    due_at: datetime | None
    is_known: bool


@dataclass(frozen=True)
class SignalLine:
    """One conclusion about the site, in the reader's words."""

    signal: Signal
    title: str
    sums: list[str]


@dataclass(frozen=True)
class SessionLine:
    """One sync session; `oddities` say in words what was not as it should be."""

    session: SyncSession
    oddities: list[str]


@dataclass(frozen=True)
class SitePage:
    """What the site page shows."""

    site: Site
    state: SiteState | None
    devices: list[DeviceLine]
    streams: list[StreamLine]
    signals: list[SignalLine]
    sessions: list[SessionLine]
    assets: list[Asset]
    queue: list[int]
    at: datetime


def site_page(site: Site, *, at: datetime) -> SitePage:
    """Gather the site page in a fixed number of queries."""
    devices = list(
        with_pack(site.devices.all(), at=at).select_related("state", "pack_copy").order_by("name")
    )
    streams = StreamState.objects.filter(stream__site=site).select_related("stream", "device")
    signals = site.signals.order_by("-opened_at")[:20]
    sessions = SyncSession.objects.filter(device__site=site).order_by("-started_at")
    return SitePage(
        site=site,
        state=SiteState.objects.filter(pk=site.pk).first(),
        devices=[DeviceLine(device, rungs_of(device), copy_line(device)) for device in devices],
        streams=stream_lines(streams.order_by("stream__name")),
        signals=signal_lines(signals),
        sessions=session_lines(list(sessions.select_related("device")[:SESSIONS])),
        assets=list(Asset.objects.in_use().filter(site=site).order_by("code")),
        queue=queue_history([device.pk for device in devices], at=at),
        at=at,
    )


def stream_lines(rows: Iterable[StreamState]) -> list[StreamLine]:
    """Streams with their RPO clocks."""
    return [StreamLine(row, row.rpo_due_at(), row.stream.rpo is not None) for row in rows]


def signal_lines(rows: Iterable[Signal]) -> list[SignalLine]:
    """Conclusions in the reader's words, with their sums."""
    return [SignalLine(row, signal_title(row), explain_sums(row.sums)) for row in rows]


def rungs_of(device: Device) -> list[Rung]:
    """What a device could reach when it last spoke, from its own gateway up to us."""
    state = getattr(device, "state", None)
    return rungs_in(state.reach if state else {})


def rungs_in(reach: dict[str, Any]) -> list[Rung]:
    """One ladder as it was told; a rung that is not in it was not asked."""
    return [
        Rung(name, reach[name].get("ok"), reach[name].get("rtt_ms"))
        if name in reach
        else Rung(name, None, None)
        for name in LADDER
    ]


def queue_history(devices: list[int], *, at: datetime) -> list[int]:
    """Records waiting, as told by the newest two hundred heartbeats of the last hours."""
    bodies = (
        Sample.objects.filter(
            device_id__in=devices, kind="heartbeat", sampled_at__gt=at - timedelta(hours=6)
        )
        .order_by("-sampled_at")
        .values_list("body", flat=True)[:200]
    )
    sums = [
        sum(int(stream.get("pending_records", 0)) for stream in body.get("streams", []))
        for body in bodies
        if isinstance(body, dict)
    ]
    return sums[::-1]


def session_lines(rows: list[SyncSession]) -> list[SessionLine]:
    """Sessions with what was odd about each, measured against the others of its stream here."""
    lasted: dict[str, list[int]] = {}
    for row in rows:
        if row.duration_ms is not None:
            lasted.setdefault(row.stream_name, []).append(row.duration_ms)
    return [SessionLine(row, _oddities(row, lasted.get(row.stream_name, []))) for row in rows]


def _oddities(row: SyncSession, lasted: list[int]) -> list[str]:
    told = {
        _("%(n)d rejected"): row.rejected,
        _("%(n)d repeated"): row.duplicates,
        _("%(n)d in conflict"): row.conflicts_flagged,
        _("%(n)d errors"): len(row.errors),
    }
    odd = [words % {"n": number} for words, number in told.items() if number]
    if row.duration_ms is not None and len(lasted) >= LEAST_BASE:
        usual = max(median(lasted), 1)
        if row.duration_ms > max(LONG_BY * usual, LEAST_MS):
            odd.append(_("%(n).0f times as long as usual") % {"n": row.duration_ms / usual})
    if row.outcome == SyncOutcome.ABORTED:
        odd.append(_("cut off"))
    return odd
