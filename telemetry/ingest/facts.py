"""What fresh items say about a device, its streams, its sessions and its conflicts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET, UnsetType, structs, to_builtins

from telemetry.ingest.contract import (
    AnyItem,
    ConflictTold,
    Heartbeat,
    Posture,
    SyncSessionReport,
)
from telemetry.ingest.plan import Sorted
from telemetry.ingest.rows import (
    ConflictRow,
    DeviceRow,
    LiveRow,
    QuarantineRow,
    SessionRow,
    StreamRow,
    clamped,
    conflict_row,
    given,
    part,
    session_row,
    stream_row,
)

# How far the way here may have delayed a batch when the device does not say how long it took.
_UNKNOWN_WAY_MS = 1000
StreamIds = dict[tuple[int, str], int]


@dataclass(slots=True)
class GroupFacts:
    """Every row that one group of batches writes besides its samples."""

    devices: dict[int, DeviceRow] = field(default_factory=dict)
    streams: dict[int, StreamRow] = field(default_factory=dict)
    sessions: list[SessionRow] = field(default_factory=list)
    conflicts: list[ConflictRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    live: list[LiveRow] = field(default_factory=list)
    sites: set[int] = field(default_factory=set)


def stream_names(sorted_: Sorted) -> set[tuple[int, str, str]]:
    """Site, name and criticality of every stream that the newest heartbeat names."""
    beat = sorted_.newest
    site_id = sorted_.standing.site_id
    if beat is None:
        return set()
    return {(site_id, told.name, given(told.criticality, "normal")) for told in beat.streams}


def gather(facts: GroupFacts, sorted_: Sorted, stream_ids: StreamIds) -> None:
    """Add what one batch says to what the group writes."""
    arrival = sorted_.arrival
    device_id, received_at = arrival.device_id, arrival.received_at
    row = _device_row(sorted_)
    beat = sorted_.newest
    if beat is not None:
        _take_heartbeat(row, beat, received_at)
        for told in beat.streams:
            stream_id = stream_ids[sorted_.standing.site_id, told.name]
            stream = stream_row(
                told, stream_id=stream_id, device_id=device_id, item=beat, received_at=received_at
            )
            held = facts.streams.get(stream_id)
            if held is None or stream.sampled_at > held.sampled_at:
                facts.streams[stream_id] = stream
    _take_buffered(row, sorted_)
    for item in sorted_.fresh:
        if type(item) is not Heartbeat:
            _take_other(facts, row, item, received_at)
    before = facts.devices.get(device_id)
    facts.devices[device_id] = row if before is None else joined(before, row)
    facts.sites.add(sorted_.standing.site_id)


def _device_row(sorted_: Sorted) -> DeviceRow:
    arrival, standing = sorted_.arrival, sorted_.standing
    envelope, outcome = arrival.batch.envelope, sorted_.outcome
    boot_id, received_at = arrival.key[1], arrival.received_at
    is_live = bool(sorted_.fresh) and sorted_.is_live()
    contradictions = len(sorted_.contradicted)
    # A boot that ended speaks again of now, beside its successor: two machines, one identity.
    is_interleaved = is_live and not sorted_.boot_is_new and standing.boot_id not in (None, boot_id)
    row = DeviceRow(
        device_id=arrival.device_id,
        changed_at=received_at,
        acked_order_epoch=given(envelope.acked_order_epoch, 0),
        duplicates=outcome.duplicates,
        rejected=len(outcome.rejected) - contradictions,
        contradictions=contradictions,
        is_forked=is_interleaved or contradictions > 0,
    )
    if is_live:
        if sorted_.boot_is_new:
            row.boot_id = boot_id
        row.last_received_at = received_at
        offset = envelope.sent_at - received_at
        row.clock_offset_ms = round(offset.total_seconds() * 1000)
        row.clock_uncertainty_ms = _UNKNOWN_WAY_MS
        row.silence_began = received_at - timedelta(seconds=3.5 * standing.heartbeat_every_s)
    return row


def _take_heartbeat(row: DeviceRow, beat: Heartbeat, received_at: datetime) -> None:
    row.last_sampled_at = clamped(beat.at, received_at)
    row.last_seq = beat.seq
    # One a batch: two heartbeats that were kept and sent together are one sign of life.
    row.live_heartbeats = 1 if row.last_received_at else 0
    row.reported_state = beat.state
    row.state_since = given(beat.state_since)
    row.reach, row.link, row.app = part(beat.reach), part(beat.link), part(beat.app)
    row.agent, row.host = part(beat.agent), part(beat.host)
    row.backup, row.clock = part(beat.backup), part(beat.clock)
    worked = [told.last_sync_ok_at for told in beat.streams if told.last_sync_ok_at]
    if worked:
        row.last_sync_ok_at = clamped(max(worked), received_at)
    if row.clock_offset_ms is not None:
        row.clock_uncertainty_ms = _uncertainty_ms(beat)


def _uncertainty_ms(beat: Heartbeat) -> int:
    """How long the batch may have been under way: the device measured it, or we assume."""
    way = _UNKNOWN_WAY_MS
    portal = beat.reach.get("portal") if isinstance(beat.reach, dict) else None
    if portal is not None and portal.rtt_ms is not UNSET:
        way = portal.rtt_ms
    return min(way, 86_400_000)


def _take_buffered(row: DeviceRow, sorted_: Sorted) -> None:
    """Keep the newest ladder that the device climbed while we did not hear it."""
    sent_at = sorted_.arrival.batch.envelope.sent_at
    longest = timedelta(seconds=2.5 * sorted_.standing.heartbeat_every_s)
    for item in sorted_.fresh:
        if type(item) is not Heartbeat or isinstance(item.reach, UnsetType):
            continue
        age = sent_at - item.at
        if age <= longest:
            continue
        at = (sorted_.arrival.received_at - age).isoformat()
        if at > row.buffered_at:
            row.buffered_at = at
            row.reach_while_silent = {**item.reach, "at": at}


def _take_other(facts: GroupFacts, row: DeviceRow, item: AnyItem, received_at: datetime) -> None:
    if isinstance(item, SyncSessionReport):
        facts.sessions.append(session_row(item, device_id=row.device_id, received_at=received_at))
        if item.outcome == "ok":
            ok_at = clamped(given(item.ended_at, item.at), received_at)
            row.last_sync_ok_at = max(row.last_sync_ok_at or ok_at, ok_at)
    elif isinstance(item, ConflictTold):
        facts.conflicts.append(conflict_row(item, device_id=row.device_id, received_at=received_at))
    elif isinstance(item, Posture):
        row.posture = {
            "at": item.at.isoformat(),
            "source": given(item.source, ""),
            **to_builtins(item.checks),
        }


_SUMMED = ("live_heartbeats", "duplicates", "rejected", "contradictions")
_LATEST = ("last_received_at", "last_sync_ok_at", "acked_order_epoch", "changed_at")
_CONTENT = (
    "last_sampled_at", "last_seq", "reported_state", "state_since", "reach", "link", "app",
    "agent", "host", "backup", "clock",
)  # fmt: skip


def joined(first: DeviceRow, second: DeviceRow) -> DeviceRow:
    """One row for two batches of the same device in one group."""
    row = structs.replace(first)
    for name in _SUMMED:
        setattr(row, name, getattr(first, name) + getattr(second, name))
    for name in _LATEST:
        setattr(row, name, _later(getattr(first, name), getattr(second, name)))
    if _later(first.last_sampled_at, second.last_sampled_at) != first.last_sampled_at:
        for name in _CONTENT:
            told: Any = getattr(second, name)
            setattr(row, name, getattr(first, name) if told is None else told)
    if second.buffered_at > first.buffered_at:
        row.buffered_at = second.buffered_at
        row.reach_while_silent = second.reach_while_silent
    for name in ("boot_id", "posture", "clock_offset_ms", "clock_uncertainty_ms", "silence_began"):
        told = getattr(second, name)
        setattr(row, name, getattr(first, name) if told is None else told)
    row.is_forked = first.is_forked or second.is_forked
    return row


def _later(first: Any, second: Any) -> Any:
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)
