"""Read model: what the page of one device shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from telemetry.models import Device, DeviceLoss, DeviceState, StreamState, SyncSession
from telemetry.selectors import (
    SESSIONS,
    Rung,
    SessionLine,
    SignalLine,
    StreamLine,
    queue_history,
    rungs_in,
    rungs_of,
    session_lines,
    signal_lines,
    stream_lines,
)
from telemetry.selectors_pack import CopyLine, copy_line
from telemetry.selectors_site_history import Guard, guard_of

SIGNALS = 20


@dataclass(frozen=True)
class DevicePage:
    """What the page of a device shows."""

    device: Device
    state: DeviceState | None
    rungs: list[Rung]
    rungs_while_silent: list[Rung]
    streams: list[StreamLine]
    sessions: list[SessionLine]
    signals: list[SignalLine]
    losses: list[DeviceLoss]
    guards: list[Guard]
    copy: CopyLine
    told: list[tuple[str, str]]
    queue: list[int]


def device_page(device: Device, *, at: datetime) -> DevicePage:
    """Gather the page of a device that was fetched with its pack, in a fixed number of queries."""
    state = getattr(device, "state", None)
    streams = StreamState.objects.filter(device=device).select_related("stream", "device")
    sessions = SyncSession.objects.filter(device=device).order_by("-started_at")
    silent = state.reach_while_silent if state else {}
    return DevicePage(
        device=device,
        state=state,
        rungs=rungs_of(device),
        rungs_while_silent=rungs_in(silent) if silent else [],
        streams=stream_lines(streams.order_by("stream__name")),
        sessions=session_lines(list(sessions.select_related("device")[:SESSIONS])),
        signals=signal_lines(device.signals.order_by("-opened_at")[:SIGNALS]),
        losses=list(DeviceLoss.objects.filter(device=device).order_by("-reported_at")),
        guards=[guard_of(device)],
        copy=copy_line(device),
        told=list(_told(state)) if state else [],
        queue=queue_history([device.pk], at=at),
    )


def _told(state: DeviceState) -> list[tuple[str, str]]:
    """What the device last said of itself; what it did not say is not in the list."""
    agent, host, app, link = state.agent, state.host, state.app, state.link
    said = [
        (_("Agent"), agent.get("version")),
        (_("Agent runs for"), _span(agent.get("uptime_s"))),
        (_("Waiting in its outbox"), _number(agent.get("outbox_items"))),
        (_("Application"), app.get("version")),
        (_("Answers within (95 of 100)"), _number(app.get("p95_ms"), "ms")),
        (_("Link"), " · ".join(str(link[name]) for name in ("medium", "isp") if link.get(name))),
        (_("Disk free"), _number(host.get("disk_free_pct"), "%")),
        (_("Memory free"), _number(host.get("mem_free_pct"), "%")),
        (_("Load"), _number(host.get("load1"))),
        (_("Battery"), _number(host.get("battery_pct"), "%")),
        (_("Power"), {True: _("on the UPS"), False: _("mains")}.get(host.get("on_ups"))),
    ]
    return [(label, str(value)) for label, value in said if value not in (None, "")]


def _number(value: Any, unit: str = "") -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{number_format(round(value, 2))} {unit}".strip()


def _span(seconds: Any) -> str | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return format_duration(timedelta(minutes=int(seconds) // 60))
