"""The hash chain: the only code that appends to the trail."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from bcp_portal.audit.links import append_with_links
from bcp_portal.audit.models import GENESIS, AuditRow, SealedValue
from bcp_portal.audit.sealing import seal
from bcp_portal.shared.hashing import canonical_json


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
    """Append rows to the chain inside the present transaction.

    On PostgreSQL its commit will not wait for the disk: the caller does, after it.
    """
    if not pending:
        return
    sealed = list[SealedValue]()
    rows = [_facts(item, sealed) for item in pending]
    if sealed:
        SealedValue.objects.bulk_create(sealed)
    if connection.vendor == "postgresql":
        append_with_links(rows)
    else:
        # The transaction began IMMEDIATE, so this is the only writer already.
        _append_alone(rows)


def _facts(item: PendingRow, sealed: list[SealedValue]) -> dict[str, Any]:
    facts = vars(item).copy()
    for side in ("before", "after"):
        plain = json.loads(canonical_json(facts[side]))
        facts[side] = seal(plain, item.object_kind, item.object_id, sealed)
    return facts


def _append_alone(facts: Sequence[dict[str, Any]]) -> None:
    seq, prev_hash = head()
    rows = []
    for item in facts:
        seq += 1
        row = AuditRow(seq=seq, prev_hash=prev_hash, **item)
        row.hash = prev_hash = row.content_hash()
        rows.append(row)
    AuditRow.objects.bulk_create(rows)


def head() -> tuple[int, str]:
    """Return number and hash of the newest row; (0, zeros) for an empty trail."""
    last = AuditRow.objects.order_by("-seq").values_list("seq", "hash").first()
    return last or (0, GENESIS)
