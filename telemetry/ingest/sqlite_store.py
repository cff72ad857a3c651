"""Ingest on SQLite: the same statements, row by row, in one IMMEDIATE transaction."""

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from msgspec import Struct

from telemetry.ingest.contract import AnyItem
from telemetry.ingest.facts import GroupFacts
from telemetry.ingest.packs import Unseen, differing_from_packs
from telemetry.ingest.plan import LedgerKey, Sorted
from telemetry.ingest.statements import LEDGER_AND_STATES, ROWS_BESIDE_SAMPLES, from_values
from telemetry.ingest.store_base import KNOWN, Ledgers, Store, ledger_of, rows_of

# Sorted keys: equal content has equal bytes, in whatever order a device wrote its fields.
_canonical = msgspec.json.Encoder(order="sorted")


class SqliteStore(Store):
    """SQLite: one writer at a time, so nothing needs a lock of its own."""

    _STORE_SAMPLE = (
        "INSERT INTO telemetry_sample "
        "(device_id, boot_id, seq, kind, sampled_at, received_at, content_hash, body) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
    )

    _LEDGER = (
        KNOWN.format(boot="l.boot_id", state_boot="s.boot_id")
        + "WHERE l.device_id = %s AND l.boot_id = %s"
    )

    def ledgers(self, keys: Iterable[LedgerKey]) -> Ledgers:
        """Read the ledgers; the transaction is already the only writer."""
        found: Ledgers = {}
        with connection.cursor() as cursor:
            for device_id, boot_id in keys:
                cursor.execute(self._LEDGER, [device_id, _hex(boot_id)])
                for told, _boot, *rest, is_usable, state_boot in cursor.fetchall():
                    row = [told, boot_id, *rest, bool(is_usable), _dashed(state_boot)]
                    key, entry = ledger_of(row)
                    found[key] = entry
        return found

    def contradicted(self, batches: Sequence[Sorted]) -> list[tuple[int, int]]:
        """Compare the fingerprints of what came with those of what is stored."""
        differing, unseen = [], []
        with connection.cursor() as cursor:
            for n, batch in enumerate(batches):
                device_id, boot_id = batch.arrival.key
                for place in batch.repeated:
                    item = batch.arrival.batch.items[place]
                    cursor.execute(
                        "SELECT content_hash FROM telemetry_sample "
                        "WHERE device_id = %s AND boot_id = %s AND seq = %s",
                        [device_id, _hex(boot_id), item.seq],
                    )
                    stored = cursor.fetchone()
                    told = _fingerprint(_canonical.encode(item))
                    if stored is None:
                        unseen.append(Unseen(n, place, device_id, boot_id, item.seq, told))
                    elif stored[0] != told:
                        differing.append((n, place))
        return differing + differing_from_packs(unseen)

    def write(self, batches: Sequence[Sorted], ledgers: Ledgers, facts: GroupFacts) -> None:
        """Write each kind of row in one go."""
        with connection.cursor() as cursor:
            cursor.executemany(self._STORE_SAMPLE, list(_samples(batches)))
            for kind, statement in (*LEDGER_AND_STATES, *ROWS_BESIDE_SAMPLES):
                if rows := rows_of(kind, ledgers, facts):
                    cursor.executemany(_sql(statement, kind), list(map(_spelled, rows)))


def _samples(batches: Sequence[Sorted]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        device_id, boot_id = batch.arrival.key
        boot, received = _hex(boot_id), _moment(batch.arrival.received_at)
        for item in batch.fresh:
            text = _canonical.encode(item)
            yield (
                device_id,
                boot,
                item.seq,
                _kind(item),
                _moment(item.at),
                received,
                _fingerprint(text),
                text.decode(),
            )


def _kind(item: AnyItem) -> str:
    return str(item.__struct_config__.tag)


def _fingerprint(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _hex(boot_id: str) -> str:
    """A UUID as Django spells it in SQLite."""
    return boot_id.replace("-", "")


def _dashed(boot_id: str | None) -> str | None:
    return str(UUID(boot_id)) if boot_id else None


def _moment(moment: datetime) -> str:
    """A time as Django spells it in SQLite."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ")[:-6]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_UUIDS = frozenset({"boot_id", "session_id"})
_PLAIN = frozenset({int, str, bool, type(None)})


def _spelled(row: Struct) -> list[Any]:
    """A row's values as SQLite keeps them; whatever is no plain value is a time or JSON."""
    values = [getattr(row, name) for name in row.__struct_fields__]
    spelled = [value if type(value) in _PLAIN else _spell(value) for value in values]
    for name in _UUIDS.intersection(row.__struct_fields__):
        if told := getattr(row, name):
            spelled[row.__struct_fields__.index(name)] = _hex(told)
    return spelled


def _spell(value: Any) -> str:
    return _moment(value) if isinstance(value, datetime) else _json(value)


@functools.cache
def _sql(statement: Callable[[str], str], row: type[Struct]) -> str:
    return statement(from_values(row))
