"""The hash chain: the only code that appends to the trail."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from bcp_portal.audit.models import GENESIS, AuditRow, SealedValue
from bcp_portal.audit.sealing import seal
from bcp_portal.shared.hashing import canonical_json

# Any constant will do, as long as nothing else in the database uses it.
_CHAIN_LOCK = 0x51A6A


@dataclass(frozen=True)
class PendingRow:
    """A row of the trail before it knows its place in the chain."""

    at: datetime
    actor_id: int | None
    actor_name: str
    session: str
    action: str
    object_kind: str
    object_id: str
    object_code: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]


def append_rows(pending: Sequence[PendingRow]) -> None:
    """Append rows to the chain inside the present transaction."""
    if not pending:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    # SQLite: the transaction began IMMEDIATE, so this is the only writer already.
    last = AuditRow.objects.order_by("-seq").values_list("seq", "hash").first()
    seq, prev_hash = last or (0, GENESIS)
    rows, sealed = [], list[SealedValue]()
    for item in pending:
        seq += 1
        facts = asdict(item)
        for side in ("before", "after"):
            plain = json.loads(canonical_json(facts[side]))
            facts[side] = seal(plain, item.object_kind, item.object_id, sealed)
        row = AuditRow(seq=seq, prev_hash=prev_hash, **facts)
        row.hash = prev_hash = row.content_hash()
        rows.append(row)
    AuditRow.objects.bulk_create(rows)
    if sealed:
        SealedValue.objects.bulk_create(sealed)


def head() -> tuple[int, str]:
    """Return number and hash of the newest row; (0, zeros) for an empty trail."""
    last = AuditRow.objects.order_by("-seq").values_list("seq", "hash").first()
    return last or (0, GENESIS)
