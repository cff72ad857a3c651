"""Ingest on PostgreSQL: the rows of a whole group travel as JSON, in one prepared statement."""

import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import connection
from msgspec import Raw, Struct

from telemetry.ingest.facts import GroupFacts
from telemetry.ingest.packs import Unseen, differing_from_packs
from telemetry.ingest.plan import LedgerKey, Sorted
from telemetry.ingest.statements import LEDGER_AND_STATES, ROWS_BESIDE_SAMPLES, from_json
from telemetry.ingest.store_base import KNOWN, Ledgers, Store, ledger_of, rows_of


class _Document(Struct):
    d: int
    b: str
    r: datetime
    i: Raw


class _Repeat(Struct):
    n: int
    p: int
    d: int
    b: str
    s: int
    i: Raw


class PostgresStore(Store):
    """PostgreSQL: the rows of a whole group travel as JSON, in one prepared statement."""

    _STORE_SAMPLES = (
        "INSERT INTO telemetry_sample "
        "(device_id, boot_id, seq, kind, sampled_at, received_at, content_hash, body) "
        "SELECT x.d, x.b, (e ->> 'seq')::bigint, e ->> 'kind', (e ->> 'at')::timestamptz, x.r, "
        "md5(e::text), e FROM jsonb_to_recordset(%s::jsonb) AS x(d bigint, b uuid, r timestamptz, "
        "i jsonb), jsonb_array_elements(x.i -> 'items') AS e ON CONFLICT DO NOTHING"
    )
    _CONTRADICTED = (
        "SELECT x.n, x.p, x.d, x.b::text, x.s, md5(x.i::text), s.content_hash "
        "FROM jsonb_to_recordset(%s::jsonb) "
        "AS x(n int, p int, d bigint, b uuid, s bigint, i jsonb) LEFT JOIN telemetry_sample s "
        "ON s.device_id = x.d AND s.boot_id = x.b AND s.seq = x.s "
        "WHERE s.content_hash IS DISTINCT FROM md5(x.i::text)"
    )
    _LEDGERS = (
        KNOWN.format(boot="l.boot_id::text", state_boot="s.boot_id::text")
        + "JOIN unnest(%s::bigint[], %s::text[]::uuid[]) AS x(device_id, boot_id) "
        "ON x.device_id = l.device_id AND x.boot_id = l.boot_id "
        "ORDER BY l.device_id, l.boot_id FOR UPDATE OF l"
    )

    def _run(self, statement: str, *parameters: Any) -> Any:
        connection.ensure_connection()
        raw: Any = connection.connection
        if raw.prepare_threshold is None:
            # This connection stays with its thread, so what it prepared is there the next time.
            raw.prepare_threshold = 0
            # The plans never depend on what is in the JSON, so they are made once.
            raw.execute("SET plan_cache_mode = force_generic_plan")
        with connection.wrap_database_errors:
            return psycopg.Cursor(raw).execute(statement, parameters)

    def ledgers(self, keys: Iterable[LedgerKey]) -> Ledgers:
        """Lock in one order, so that two groups with the same devices wait and do not deadlock."""
        wanted = sorted(keys)
        rows = self._run(
            self._LEDGERS, [device for device, _boot in wanted], [boot for _device, boot in wanted]
        )
        return dict(map(ledger_of, rows.fetchall()))

    def contradicted(self, batches: Sequence[Sorted]) -> list[tuple[int, int]]:
        """Compare the fingerprints of what came with those of what is stored."""
        repeats = [
            _Repeat(n, place, *batch.arrival.key, seq, Raw(text))
            for n, batch in enumerate(batches)
            for place, seq, text in batch.repeats()
        ]
        if not repeats:
            return []
        rows = self._run(self._CONTRADICTED, _json(repeats)).fetchall()
        differing = [(n, place) for n, place, *_told, stored in rows if stored is not None]
        # What is not there any more was packed when its day was over.
        unseen = [Unseen(*told) for *told, stored in rows if stored is None]
        return differing + differing_from_packs(unseen)

    def write(self, batches: Sequence[Sorted], ledgers: Ledgers, facts: GroupFacts) -> None:
        """Samples, ledgers and states in one statement; the rarer rows when there are any."""
        documents = [
            _Document(*batch.arrival.key, batch.arrival.received_at, Raw(batch.document()))
            for batch in batches
            if batch.fresh
        ]
        rows = [rows_of(kind, ledgers, facts) for kind, _sql in LEDGER_AND_STATES]
        self._run(_HOT, _json(documents), *map(_json, rows))
        for kind, statement in ROWS_BESIDE_SAMPLES:
            if beside := rows_of(kind, ledgers, facts):
                self._run(_sql(statement, kind), _json(beside))


_HOT = (
    f"WITH samples AS ({PostgresStore._STORE_SAMPLES}), "
    + ", ".join(
        f"part_{number} AS ({statement(from_json(kind))})"
        for number, (kind, statement) in enumerate(LEDGER_AND_STATES)
    )
    + " SELECT 1"
)


@functools.cache
def _sql(statement: Callable[[str], str], row: type[Struct]) -> str:
    return statement(from_json(row))


def _json(rows: Sequence[Struct]) -> str:
    return msgspec.json.encode(rows).decode()
