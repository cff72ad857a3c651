"""What we believe about a device and a site, from how long they have been silent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.detection.facts import DeviceFacts, SiteFacts, StreamFacts
from telemetry.models import NodeState

SUSPECT_AFTER = 2.5  # heartbeat periods
OFFLINE_AFTER = 3.5
DARK_AFTER = timedelta(hours=24)
STALE_AFTER = timedelta(days=30)
HEARTBEATS_TO_RETURN = 2

SILENT = frozenset({NodeState.SUSPECT, NodeState.OFFLINE, NodeState.DARK, NodeState.STALE})
# States from which a device has to prove that it is back.
AWAY = SILENT - {NodeState.SUSPECT} | {
    NodeState.UNKNOWN,
    NodeState.NEVER,
    NodeState.CONNECTED,
    NodeState.PLANNED_OFFLINE,
}
REPORTED = {
    "frozen": NodeState.FROZEN,
    "offline_ordered": NodeState.OFFLINE_ORDERED,
    "maintenance": NodeState.MAINTENANCE,
}
# The best that any device of a site can say, best first.
_RANK = [
    NodeState.ONLINE,
    NodeState.CONNECTED,
    NodeState.MAINTENANCE,
    NodeState.OFFLINE_ORDERED,
    NodeState.FROZEN,
    NodeState.SUSPECT,
    NodeState.UNKNOWN,
    NodeState.PLANNED_OFFLINE,
    NodeState.OFFLINE,
    NodeState.DARK,
    NodeState.STALE,
    NodeState.LOST,
    NodeState.NEVER,
]


@dataclass(frozen=True)
class Verdict:
    """A device's new state, and since when."""

    device_id: int
    state: NodeState
    since: datetime


def silent_for(device: DeviceFacts, at: datetime) -> float:
    """How many heartbeat periods it has been silent; infinite when it was never heard."""
    if device.last_received_at is None:
        return float("inf")
    return (at - device.last_received_at) / device.period


def device_state(
    device: DeviceFacts,
    *,
    at: datetime,
    in_window: bool,
    is_blind: bool,
    streams: Iterable[StreamFacts],
) -> NodeState:
    """Say what a device is now. A blind observer concludes nothing from silence."""
    if device.last_received_at is None:
        return NodeState.NEVER
    periods = silent_for(device, at)
    if periods < SUSPECT_AFTER:
        return _heard(device, streams)
    if is_blind:
        return NodeState.UNKNOWN
    if in_window:
        return NodeState.PLANNED_OFFLINE
    if periods < OFFLINE_AFTER:
        return device.node_state if device.node_state in SILENT else NodeState.SUSPECT
    silence = at - device.last_received_at
    if silence >= STALE_AFTER:
        return NodeState.STALE
    return NodeState.DARK if silence >= DARK_AFTER else NodeState.OFFLINE


def _heard(device: DeviceFacts, streams: Iterable[StreamFacts]) -> NodeState:
    if device.reported_state in REPORTED:
        return REPORTED[device.reported_state]
    if device.node_state not in AWAY:
        return NodeState.ONLINE
    if device.heartbeats_since_return < HEARTBEATS_TO_RETURN:
        return NodeState.CONNECTED
    return NodeState.ONLINE if _has_synced(device, streams) else NodeState.CONNECTED


def _has_synced(device: DeviceFacts, streams: Iterable[StreamFacts]) -> bool:
    """Did a sync work since it was away, or is there nothing left to synchronise?"""
    since = device.node_state_since
    own = [stream for stream in streams if stream.device_id == device.pk]
    for stream in own:
        moment = stream.last_sync_ok_at
        worked = moment is not None and (since is None or moment >= since)
        if not worked and stream.pending_records > 0:
            return False
    return bool(own)


def site_state(states: Iterable[NodeState]) -> NodeState:
    """The best of a site's devices: one that answers is enough for the site to be reachable."""
    return min(states, key=_RANK.index, default=NodeState.NEVER)


def is_silent(site: SiteFacts, at: datetime, *, periods: float) -> bool:
    """Has every device of the site that was ever heard been silent for so many periods?"""
    heard = [device for device in site.devices if device.last_received_at]
    return bool(heard) and all(silent_for(device, at) >= periods for device in heard)
