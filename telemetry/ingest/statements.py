"""The SQL of ingest: one text for both stores, which differ only in how rows are handed over.

PostgreSQL takes the rows of a whole group as one JSON document; SQLite takes them one after
another. `x` is a row that came, `s` the row that is there.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

from telemetry.ingest.rows import (
    ConflictRow,
    DeviceRow,
    LedgerRow,
    LiveRow,
    QuarantineRow,
    SessionRow,
    StreamRow,
)

_TYPES = {
    "device_id": "bigint", "stream_id": "bigint", "site_id": "bigint",
    "boot_id": "uuid", "session_id": "uuid",
    "pending_records": "bigint", "pending_bytes": "bigint", "pending_value_minor": "bigint",
    "inbound_lag_records": "bigint", "conflicts_open": "integer",
    "consecutive_failures": "integer", "seq": "bigint", "last_seq": "bigint",
    "live_heartbeats": "integer", "clock_offset_ms": "bigint", "clock_uncertainty_ms": "bigint",
    "acked_order_epoch": "bigint", "duplicates": "bigint", "rejected": "bigint",
    "contradictions": "bigint", "duration_ms": "bigint", "records_out": "bigint",
    "records_in": "bigint", "bytes_out": "bigint", "bytes_in": "bigint",
    "conflicts_flagged": "bigint", "silence_began": "timestamptz", "started_at": "timestamptz",
    "state_since": "timestamptz",
}  # fmt: skip
_JSON = {
    "received", "dropped", "reach", "reach_while_silent", "link", "app", "agent", "host", "backup",
    "clock", "posture", "digest", "digest_before", "digest_after", "digest_peer_after", "errors",
    "leases",
}  # fmt: skip


def _pg_type(row: type[Struct], name: str) -> str:
    if name in _JSON or (row is ConflictRow and name == "body"):
        return "jsonb"
    if name.startswith("is_"):
        return "boolean"
    if name == "at" or (name.endswith("_at") and name != "buffered_at"):
        return "timestamptz"
    return _TYPES.get(name, "text")


def columns(row: type[Struct]) -> list[str]:
    """The columns of a row, in order."""
    return list(row.__struct_fields__)


def from_json(row: type[Struct]) -> str:
    """PostgreSQL: the rows of a JSON document, as a table called x."""
    typed = ", ".join(f'"{name}" {_pg_type(row, name)}' for name in columns(row))
    return f"jsonb_to_recordset(%s::jsonb) AS x({typed})"


def from_values(row: type[Struct]) -> str:
    """SQLite: one row of parameters, as a table called x."""
    return "(SELECT " + ", ".join(f'%s AS "{name}"' for name in columns(row)) + ") AS x"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def insert(table: str, row: type[Struct], source: str, conflict: str) -> str:
    """Insert every row of the source, in an order in which groups cannot deadlock."""
    names = columns(row)
    # "WHERE true" keeps SQLite from reading ON CONFLICT as the condition of a join.
    return (
        f"INSERT INTO {table} AS s ({_listed(names)}) SELECT {_listed(names)} FROM {source} "
        f"WHERE true ORDER BY 1, 2 ON CONFLICT {conflict}"
    )


def _later(name: str) -> str:
    is_later = f"x.{name} > s.{name} OR s.{name} IS NULL"
    return f"{name} = CASE WHEN {is_later} THEN x.{name} ELSE s.{name} END"


def _if_newer(name: str) -> str:
    return (
        f"{name} = CASE WHEN x.last_sampled_at > s.last_sampled_at OR s.last_sampled_at IS NULL "
        f"THEN COALESCE(x.{name}, s.{name}) ELSE s.{name} END"
    )


_CONTENT = (
    "last_sampled_at", "last_seq", "reported_state", "state_since", "reach", "link", "app",
    "agent", "host", "backup", "clock",
)  # fmt: skip
_DEVICE_CHANGES = [
    *map(_if_newer, _CONTENT),
    *map(_later, ("last_received_at", "last_sync_ok_at", "acked_order_epoch", "changed_at")),
    *(
        f"{name} = COALESCE(x.{name}, s.{name})"
        for name in ("boot_id", "posture", "clock_offset_ms", "clock_uncertainty_ms")
    ),
    *(
        f"{name} = s.{name} + COALESCE(x.{name}, 0)"
        for name in ("duplicates", "rejected", "contradictions")
    ),
    # A device that was silent begins to count anew; two live heartbeats bring it back.
    "heartbeats_since_return = CASE WHEN x.last_received_at IS NULL THEN s.heartbeats_since_return "
    "WHEN s.last_received_at IS NULL OR s.last_received_at < x.silence_began "
    "THEN COALESCE(x.live_heartbeats, 0) WHEN s.heartbeats_since_return > 1000000 THEN 1000000 "
    "ELSE s.heartbeats_since_return + COALESCE(x.live_heartbeats, 0) END",
    "reach_while_silent = CASE WHEN x.reach_while_silent IS NOT NULL "
    "AND x.buffered_at > COALESCE(s.reach_while_silent ->> 'at', '') "
    "THEN x.reach_while_silent ELSE s.reach_while_silent END",
    "is_forked = (s.is_forked OR COALESCE(x.is_forked, FALSE))",
]


def update_devices(source: str) -> str:
    """Bring device states up to date; content only moves forward in the time it was sampled."""
    return (
        f"UPDATE telemetry_devicestate AS s SET {', '.join(_DEVICE_CHANGES)} "
        f"FROM {source} WHERE s.device_id = x.device_id"
    )


def update_ledgers(source: str) -> str:
    """Write the ledgers back; they were locked when they were read."""
    return (
        "UPDATE telemetry_sequenceledger AS s SET received = x.received, dropped = x.dropped, "
        "last_received_at = x.last_received_at, duplicates = x.duplicates, "
        f"contradictions = x.contradictions FROM {source} "
        "WHERE s.device_id = x.device_id AND s.boot_id = x.boot_id"
    )


def _excluded(row: type[Struct], *keys: str) -> str:
    return ", ".join(f'"{name}" = excluded."{name}"' for name in columns(row) if name not in keys)


def upsert_streams(source: str) -> str:
    """Keep the newest content of each stream; an older sample that comes later changes nothing."""
    return insert(
        "telemetry_streamstate",
        StreamRow,
        source,
        f"(stream_id) DO UPDATE SET {_excluded(StreamRow, 'stream_id')} "
        "WHERE excluded.sampled_at > s.sampled_at",
    )


def insert_sessions(source: str) -> str:
    """A session that was told while it ran is completed; a finished one is never rewritten."""
    return insert(
        "telemetry_syncsession",
        SessionRow,
        source,
        "(device_id, session_id) DO UPDATE SET "
        f"{_excluded(SessionRow, 'device_id', 'session_id')} WHERE s.ended_at IS NULL",
    )


def insert_conflicts(source: str) -> str:
    """A conflict is told once by each device."""
    return insert(
        "telemetry_conflictreport", ConflictRow, source, "(device_id, conflict_id) DO NOTHING"
    )


def insert_quarantine(source: str) -> str:
    """Keep what was not taken."""
    return insert("telemetry_quarantineditem", QuarantineRow, source, "DO NOTHING")


Statement = Callable[[str], str]


def insert_live(source: str) -> str:
    """Tell the screens, with the transaction that brings the news."""
    return insert("live_liveevent", LiveRow, source, "DO NOTHING")


ROWS_BESIDE_SAMPLES: tuple[tuple[type[Struct], Statement], ...] = (
    (SessionRow, insert_sessions),
    (ConflictRow, insert_conflicts),
    (QuarantineRow, insert_quarantine),
    (LiveRow, insert_live),
)
LEDGER_AND_STATES: tuple[tuple[type[Struct], Statement], ...] = (
    (LedgerRow, update_ledgers),
    (DeviceRow, update_devices),
    (StreamRow, upsert_streams),
)
