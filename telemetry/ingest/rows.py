"""The rows a batch turns into, as typed values; each field is a column of the same name."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from telemetry.ingest.contract import (
    ConflictTold,
    Digest,
    Heartbeat,
    StreamReport,
    SyncSessionReport,
)


class LedgerRow(Struct):
    """Which numbers of one boot have come."""

    device_id: int
    boot_id: str
    received: list[tuple[int, int]]
    dropped: list[tuple[int, int]]
    duplicates: int = 0
    contradictions: int = 0
    last_received_at: datetime | None = None


class DeviceRow(Struct, omit_defaults=True):
    """What changes in a device's state; a default leaves a column as it is, and is not sent."""

    device_id: int
    changed_at: datetime
    boot_id: str | None = None
    last_received_at: datetime | None = None
    last_sampled_at: datetime | None = None
    last_seq: int = 0
    live_heartbeats: int = 0
    silence_began: datetime | None = None
    last_sync_ok_at: datetime | None = None
    reported_state: str = ""
    state_since: datetime | None = None
    reach: Any = None
    reach_while_silent: Any = None
    buffered_at: str = ""
    link: Any = None
    app: Any = None
    agent: Any = None
    host: Any = None
    backup: Any = None
    clock: Any = None
    posture: Any = None
    clock_offset_ms: int | None = None
    clock_uncertainty_ms: int | None = None
    acked_order_epoch: int = 0
    duplicates: int = 0
    rejected: int = 0
    contradictions: int = 0
    is_forked: bool = False


class StreamRow(Struct):
    """The newest content of one stream."""

    stream_id: int
    device_id: int
    sampled_at: datetime
    received_at: datetime
    pending_records: int
    pending_bytes: int | None
    oldest_pending_at: datetime | None
    pending_expires_at: datetime | None
    pending_value_minor: int | None
    currency: str
    inbound_lag_records: int | None
    last_sync_ok_at: datetime | None
    conflicts_open: int
    consecutive_failures: int
    digest: Any
    leases: Any


class SessionRow(Struct):
    """One sync session."""

    device_id: int
    session_id: str
    stream_name: str
    engine: str
    peer: str
    direction: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    outcome: str
    records_out: int | None
    records_in: int | None
    bytes_out: int | None
    bytes_in: int | None
    rejected: int
    duplicates: int
    conflicts_flagged: int
    digest_before: Any
    digest_after: Any
    digest_peer_after: Any
    is_mismatch: bool
    errors: list[Any]
    received_at: datetime


class ConflictRow(Struct):
    """One conflict as a site tells it."""

    device_id: int
    conflict_id: str
    entity: str
    key: str
    is_critical: bool
    body: Any
    detected_at: datetime
    received_at: datetime


class LiveRow(Struct):
    """A word to the screens that something has news."""

    at: datetime
    topic: str
    kind: str
    permission: str
    site_id: int | None


class QuarantineRow(Struct):
    """An item that was not taken."""

    device_id: int
    boot_id: str
    seq: int | None
    reason: str
    is_contradiction: bool
    body: str
    received_at: datetime


# What an integer column holds; a site that counts further is shown the most we can keep.
_MOST_INT = 2_147_483_647


def given(value: Any, otherwise: Any = None) -> Any:
    """A field that was left out becomes None, or what is to stand in its place."""
    return otherwise if value is UNSET else value


def part(value: Any) -> Any:
    """A part of an item, which the store writes as JSON, or None when it was left out."""
    return None if value is UNSET else value


def clamped(moment: datetime, received_at: datetime) -> datetime:
    """No time that a device claims lies after the moment we heard of it."""
    return min(moment, received_at)


def stream_row(
    report: StreamReport, *, stream_id: int, device_id: int, item: Heartbeat, received_at: datetime
) -> StreamRow:
    """The state of one stream out of a heartbeat."""
    ok_at = given(report.last_sync_ok_at)
    return StreamRow(
        stream_id=stream_id,
        device_id=device_id,
        sampled_at=clamped(item.at, received_at),
        received_at=received_at,
        pending_records=report.pending_records,
        pending_bytes=given(report.pending_bytes),
        oldest_pending_at=given(report.oldest_pending_at),
        pending_expires_at=given(report.pending_expires_at),
        pending_value_minor=given(report.pending_value_minor),
        currency=given(report.currency, ""),
        inbound_lag_records=given(report.inbound_lag_records),
        last_sync_ok_at=clamped(ok_at, received_at) if ok_at else None,
        conflicts_open=min(given(report.conflicts_open, 0), _MOST_INT),
        consecutive_failures=min(given(report.consecutive_failures, 0), _MOST_INT),
        digest=part(report.digest) or {},
        leases=part(report.leases) or [],
    )


def session_row(item: SyncSessionReport, *, device_id: int, received_at: datetime) -> SessionRow:
    """The row of one session."""
    counts = item.conflicts
    return SessionRow(
        device_id=device_id,
        session_id=item.session_id.lower(),
        stream_name=item.stream,
        engine=given(item.engine, ""),
        peer=given(item.peer, ""),
        direction=item.direction,
        trigger=given(item.trigger, ""),
        started_at=item.started_at,
        ended_at=given(item.ended_at),
        duration_ms=_duration_ms(item),
        outcome=item.outcome,
        records_out=given(item.records_out),
        records_in=given(item.records_in),
        bytes_out=given(item.bytes_out),
        bytes_in=given(item.bytes_in),
        rejected=given(item.rejected, 0),
        duplicates=given(item.duplicates, 0),
        conflicts_flagged=given(counts.flagged, 0) if counts else 0,
        digest_before=part(item.digest_before) or {},
        digest_after=part(item.digest_after) or {},
        digest_peer_after=part(item.digest_peer_after) or {},
        is_mismatch=is_mismatch(item.digest_after, item.digest_peer_after),
        errors=given(item.errors, []),
        received_at=received_at,
    )


def _duration_ms(item: SyncSessionReport) -> int | None:
    if item.duration_ms is not UNSET:
        return item.duration_ms
    if item.ended_at is UNSET:
        return None
    return max(0, int((item.ended_at - item.started_at).total_seconds() * 1000))


def is_mismatch(ours: Digest | UnsetType, theirs: Digest | UnsetType) -> bool:
    """Whether two digests of the same kind and scope differ; what cannot be compared does not."""
    if ours is UNSET or theirs is UNSET:
        return False
    if ours.alg != theirs.alg or ours.scope != theirs.scope:
        return False
    return ours.value != theirs.value or ours.rows != theirs.rows


def conflict_row(item: ConflictTold, *, device_id: int, received_at: datetime) -> ConflictRow:
    """The row of one conflict."""
    return ConflictRow(
        device_id=device_id,
        conflict_id=item.conflict_id,
        entity=item.entity,
        key=item.key,
        is_critical=given(item.critical, False),
        body=item,
        detected_at=clamped(item.at, received_at),
        received_at=received_at,
    )
