"""Rows linked to the chain by PostgreSQL itself, in one trip: its lock is held for no answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from bcp_portal.audit.verifier import CONTENT, GENESIS
from bcp_portal.shared.on_disk import release_before_disk

Facts = Mapping[str, Any]

# Any constant will do, as long as nothing else in the database uses it.
_CHAIN_LOCK = 0x51A6A
# A statement each: only a statement that begins after the lock was given sees the newest row.
_LINK = """
INSERT INTO audit_auditrow (seq, at, actor_id, actor_name, session, action, object_kind,
  object_id, object_code, reason, before, after, prev_hash, hash)
SELECT last.seq + 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, last.hash,
  encode(sha256(convert_to(%s || last.hash || %s || (last.seq + 1) || %s, 'UTF8')), 'hex')
FROM ((SELECT seq, hash FROM audit_auditrow ORDER BY seq DESC LIMIT 1)
  UNION ALL SELECT 0, %s ORDER BY 1 DESC LIMIT 1) AS last"""
_COLUMNS = (
    "at", "actor_id", "actor_name", "session", "action", "object_kind", "object_id",
    "object_code", "reason",
)  # fmt: skip
_AT_ONCE = 200


def append_with_links(rows: Sequence[Facts]) -> None:
    """Append rows at the end of the present transaction, which then commits without the disk."""
    locked = f"{release_before_disk()}; SELECT pg_advisory_xact_lock({_CHAIN_LOCK})"
    with connection.cursor() as cursor:
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            values = [value for row in some for value in _values(row)]
            cursor.execute(";".join([locked, *[_LINK] * len(some)]), values)


def text_around_link(row: Facts) -> tuple[str, str, str]:
    """The canonical text of a row before, between and after its `prev_hash` and its `seq`.

    What the verifier hashes is these three with the two between them (`row_hash`).
    """
    content = {name: row[name] for name in CONTENT if name not in ("prev_hash", "seq")}
    content["at"] = int(row["at"].timestamp() * 1_000_000)
    names = sorted(content)
    before = _text(content, (name for name in names if name < "prev_hash"))
    between = _text(content, (name for name in names if "prev_hash" < name < "seq"))
    after = _text(content, (name for name in names if name > "seq"))
    return f'{{{before},"prev_hash":"', f'",{between},"seq":', f",{after}}}"


def _values(row: Facts) -> Iterator[str | int | datetime | None]:
    yield from (row[name] for name in _COLUMNS)
    yield from (json.dumps(row[side], ensure_ascii=False) for side in ("before", "after"))
    yield from text_around_link(row)
    yield GENESIS


def _text(content: Facts, names: Iterator[str]) -> str:
    some = {name: content[name] for name in names}
    return json.dumps(some, separators=(",", ":"), sort_keys=True, ensure_ascii=False)[1:-1]
