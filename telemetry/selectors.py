"""Read models: what the site page shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, Site
from telemetry.models import Device, Sample, Signal, SiteState, StreamState, SyncSession
from telemetry.wording import explain_sums, signal_title

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
class SitePage:
    """What the site page shows."""

    site: Site
    state: SiteState | None
    devices: list[DeviceLine]
    streams: list[StreamLine]
    signals: list[SignalLine]
    sessions: list[SyncSession]
    assets: list[Asset]
    queue: list[int]
    at: datetime


def site_page(site: Site, *, at: datetime) -> SitePage:
    """Gather the site page in a fixed number of queries."""
    devices = list(site.devices.select_related("state").order_by("name"))
    streams = StreamState.objects.filter(stream__site=site).select_related("stream", "device")
    signals = site.signals.order_by("-opened_at")[:20]
    sessions = SyncSession.objects.filter(device__site=site).order_by("-started_at")
    return SitePage(
        site=site,
        state=SiteState.objects.filter(pk=site.pk).first(),
        devices=[DeviceLine(device, _rungs(device)) for device in devices],
        streams=[
            StreamLine(row, row.rpo_due_at(), row.stream.rpo is not None)
            for row in streams.order_by("stream__name")
        ],
        signals=[SignalLine(s, signal_title(s), explain_sums(s.sums)) for s in signals],
        sessions=list(sessions.select_related("device")[:20]),
        assets=list(Asset.objects.in_use().filter(site=site).order_by("code")),
        queue=_queue_history([device.pk for device in devices], at=at),
        at=at,
    )


def _rungs(device: Device) -> list[Rung]:
    state = getattr(device, "state", None)
    reach = state.reach if state else {}
    return [
        Rung(name, reach[name].get("ok"), reach[name].get("rtt_ms"))
        if name in reach
        else Rung(name, None, None)
        for name in LADDER
    ]


def _queue_history(devices: list[int], *, at: datetime) -> list[int]:
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
