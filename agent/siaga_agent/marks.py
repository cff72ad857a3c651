"""What people ticked and wrote on the site's page, encrypted and durable until it was told."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from siaga_agent.outbox import Outbox
from siaga_agent.store import Json
from siaga_agent.vault import CorruptRecordError

# What was ticked longer ago belongs to another day: the page begins anew.
SHOWN_FOR = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=7)
MOST_SHOWN = 500


class Marks:
    """A shelf of marks in the outbox's file. Safe for several threads."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def keep(self, mark: Json, *, at: datetime) -> None:
        """Store one mark; kept twice under its identity it is one. Survives a power cut."""
        op_id = str(mark["op_id"])
        plain = json.dumps(mark, separators=(",", ":"), ensure_ascii=False)
        # Half a surrogate is no text; the portal could not read it.
        sealed = self._outbox.seal(f"mark/{op_id}", plain.encode(errors="replace"))
        with self._outbox.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO marks (op_id, at, body) VALUES (?, ?, ?)",
                (op_id, at.timestamp(), sealed),
            )

    def waiting(self, *, limit: int = 100) -> list[Json]:
        """The oldest marks that the portal does not hold."""
        rows = self._outbox.rows(
            "SELECT op_id, body FROM marks WHERE told_at IS NULL AND refused IS NULL "
            "ORDER BY at, op_id LIMIT ?",
            limit,
        )
        return self._read(rows)

    def waiting_count(self) -> int:
        """How many marks the portal does not hold."""
        sql = "SELECT count(*) FROM marks WHERE told_at IS NULL AND refused IS NULL"
        return int(self._outbox.rows(sql)[0][0])

    def shown(self, *, at: datetime) -> list[Json]:
        """The marks of the last days, oldest first."""
        rows = self._outbox.rows(
            "SELECT op_id, body FROM marks WHERE at > ? ORDER BY at DESC, op_id DESC LIMIT ?",
            (at - SHOWN_FOR).timestamp(),
            MOST_SHOWN,
        )
        return self._read(rows)[::-1]

    def settle(self, *, taken: Sequence[str], refused: Mapping[str, str], at: datetime) -> None:
        """Note what the portal holds now, and what it will never take; forget what is old."""
        now = at.timestamp()
        with self._outbox.transaction() as db:
            db.executemany(
                "UPDATE marks SET told_at = ? WHERE op_id = ?", [(now, one) for one in taken]
            )
            db.executemany(
                "UPDATE marks SET refused = ? WHERE op_id = ?",
                [(why[:300], one) for one, why in refused.items()],
            )
            old = (at - FORGOTTEN_AFTER).timestamp()
            db.execute("DELETE FROM marks WHERE told_at < ?", (old,))

    def _read(self, rows: Sequence[tuple[str, bytes]]) -> list[Json]:
        found: list[Json] = []
        for op_id, body in rows:
            try:
                found.append(json.loads(self._outbox.unseal(f"mark/{op_id}", body)))
            except (CorruptRecordError, ValueError):
                # A damaged record is told to nobody; the others are.
                continue
        return found


def new_id() -> str:
    """A new identity that sorts by its time: UUID version 7."""
    millis = time.time_ns() // 1_000_000 & ((1 << 48) - 1)
    chance = int.from_bytes(os.urandom(10))
    high, low = chance >> 62 & 0xFFF, chance & ((1 << 62) - 1)
    return str(UUID(int=millis << 80 | 7 << 76 | high << 64 | 2 << 62 | low))
