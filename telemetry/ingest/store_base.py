"""What ingest asks of a database, and what both kinds of database share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from telemetry.ingest.facts import GroupFacts
from telemetry.ingest.plan import LedgerKey, Sorted, Standing
from telemetry.ingest.rows import LedgerRow

Ledgers = dict[LedgerKey, tuple[LedgerRow, Standing]]
KNOWN = (
    "SELECT l.device_id, {boot}, l.received, l.dropped, l.duplicates, l.contradictions, "
    "d.site_id, d.heartbeat_every_s, (d.revoked_at IS NULL AND d.retired_at IS NULL), {state_boot} "
    "FROM telemetry_sequenceledger l JOIN telemetry_device d ON d.id = l.device_id "
    "JOIN telemetry_devicestate s ON s.device_id = l.device_id "
)


class Store(ABC):
    """What ingest asks of a database."""

    @abstractmethod
    def ledgers(self, keys: Iterable[LedgerKey]) -> Ledgers:
        """Read and lock the ledgers of a group; one that does not exist is left out."""

    @abstractmethod
    def contradicted(self, batches: Sequence[Sorted]) -> list[tuple[int, int]]:
        """Which repeated items differ from what is stored: position of batch, place of item."""

    @abstractmethod
    def write(self, batches: Sequence[Sorted], ledgers: Ledgers, facts: GroupFacts) -> None:
        """Write a group inside the present transaction."""


_ranges = msgspec.json.Decoder(list[tuple[int, int]])


def ledger_of(row: Sequence[Any]) -> tuple[LedgerKey, tuple[LedgerRow, Standing]]:
    """One row of KNOWN, as both stores read it; Django leaves their JSON as text."""
    device_id, boot_id, received, dropped, duplicates, contradictions, *standing = row
    ledger = LedgerRow(
        device_id,
        boot_id,
        _ranges.decode(received),
        _ranges.decode(dropped),
        duplicates,
        contradictions,
    )
    return (device_id, boot_id), (ledger, Standing(*standing))


def rows_of(kind: type[Struct], ledgers: Ledgers, facts: GroupFacts) -> list[Any]:
    """The rows of one kind, in an order in which groups cannot deadlock."""
    rows: dict[str, list[Any]] = {
        "LedgerRow": [row for row, _standing in ledgers.values()],
        "DeviceRow": sorted(facts.devices.values(), key=lambda row: row.device_id),
        "StreamRow": sorted(facts.streams.values(), key=lambda row: row.stream_id),
        "SessionRow": _once(facts.sessions, lambda row: (row.device_id, row.session_id)),
        "ConflictRow": _once(facts.conflicts, lambda row: (row.device_id, row.conflict_id)),
        "QuarantineRow": facts.quarantine,
        "LiveRow": facts.live,
    }
    return rows[kind.__name__]


def _once(rows: Sequence[Any], key: Callable[[Any], Any]) -> list[Any]:
    """One statement may touch a row once: the last word of a group counts."""
    return list({key(row): row for row in rows}.values())
