"""The outbox: what the device has to tell, encrypted, in order, and safe from power cuts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from siaga_agent.ranges import Range, as_ranges
from siaga_agent.store import Json, Store
from siaga_agent.vault import CorruptRecordError

MAX_ITEM_BYTES = 256 * 1024
MAX_BATCH_ITEMS = 500
# The contract allows 1 MiB; the envelope around the items and the commas need some of it.
MAX_BATCH_BYTES = 900 * 1024
WAITING = "acked_at IS NULL AND rejected IS NULL"


@dataclass(frozen=True)
class Entry:
    """One thing to tell. `mark` names it, so that telling it twice stores it once."""

    item: Json
    mark: str | None = None
    plain: bool = False


@dataclass(frozen=True)
class Stored:
    """An entry that has its number."""

    seq: int
    item: Json

    def numbered(self) -> Json:
        """The item as the portal gets it."""
        return {**self.item, "seq": self.seq}


class Outbox(Store):
    """Keeps entries until the portal holds them. Safe for several threads and processes."""

    # -- telling

    def append(
        self, item: Json, *, at: datetime, mark: str | None = None, plain: bool = False
    ) -> int:
        """Store one entry; when this returns, the entry survives a power cut."""
        return self.append_all([Entry(item, mark, plain)], at=at)[0]

    def append_all(
        self, entries: Sequence[Entry], *, at: datetime, cursors: Json | None = None
    ) -> list[int]:
        """Store entries and the sources' cursors together; return the entries' numbers.

        An entry whose mark is already stored keeps its first number: a caller who was killed
        before it heard the answer may simply ask again.
        """
        with self.transaction():
            numbers = [self._insert(entry, at.timestamp()) for entry in entries]
            for name, cursor in (cursors or {}).items():
                self._put_secret(f"cursor:{name}", json.dumps(cursor))
        return numbers

    def _insert(self, entry: Entry, at: float) -> int:
        mark = None if entry.mark is None else self._vault.mark(entry.mark)
        if mark is not None:
            known = self._db.execute("SELECT seq FROM items WHERE mark = ?", (mark,)).fetchone()
            if known:
                return int(known[0])
        told = json.dumps(entry.item, separators=(",", ":"), ensure_ascii=False)
        # Half a surrogate (a broken file name, say) is no text; the portal could not read it.
        plain = told.encode(errors="replace")
        if len(plain) > MAX_ITEM_BYTES:
            raise ValueError(f"An entry of {len(plain)} bytes is too large to be sent.")
        seq = int(self._meta("next_seq"))
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'next_seq'", (seq + 1,))
        self._db.execute(
            "INSERT INTO items (seq, kind, plain, at, size, mark, body) VALUES (?,?,?,?,?,?,?)",
            (
                seq,
                str(entry.item.get("kind")),
                int(entry.plain),
                at,
                len(plain),
                mark,
                self._vault.seal(self._record_id(seq), plain),
            ),
        )
        return seq

    # -- sending

    def waiting(
        self, *, newest_first: bool, limit: int = MAX_BATCH_ITEMS, below: int | None = None
    ) -> list[Stored]:
        """The next batch, in ascending order; damaged records are dropped and declared."""
        order = "DESC" if newest_first else "ASC"
        with self._lock:
            rows = self._db.execute(
                f"SELECT seq, size, body FROM items WHERE {WAITING} AND seq < ? "
                f"ORDER BY seq {order} LIMIT ?",
                (below if below is not None else 2**62, limit),
            ).fetchall()
        batch, damaged = self._unpack(rows)
        if damaged:
            self.drop(damaged, reason="corrupt")
        return sorted(batch, key=lambda stored: stored.seq)

    def _unpack(self, rows: Sequence[tuple[int, int, bytes]]) -> tuple[list[Stored], list[int]]:
        """As many of the rows as fit into a batch, and the numbers of those that are damaged."""
        batch: list[Stored] = []
        damaged: list[int] = []
        room = MAX_BATCH_BYTES
        for seq, size, body in rows:
            room -= size + 32
            if room < 0:
                break
            try:
                batch.append(Stored(seq, self._read(seq, body)))
            except CorruptRecordError:
                damaged.append(seq)
        return batch, damaged

    def waiting_count(self) -> int:
        """How many entries the portal does not hold yet."""
        return int(self._one(f"SELECT count(*) FROM items WHERE {WAITING}"))

    def oldest_waiting_at(self) -> float | None:
        """When the oldest unsent entry was stored, as a timestamp."""
        oldest = self._one(f"SELECT min(at) FROM items WHERE {WAITING}")
        return None if oldest is None else float(oldest)

    def mark_sent(self, numbers: Sequence[int]) -> None:
        """Note, before the request leaves, that the portal may learn of these numbers."""
        with self.transaction() as db:
            db.executemany(
                "UPDATE items SET sends = sends + 1 WHERE seq = ?", [(seq,) for seq in numbers]
            )

    def settle(
        self,
        *,
        acked: Sequence[Range],
        rejected: dict[int, str],
        told: Sequence[int],
        at: datetime,
    ) -> int:
        """Apply one answer; return how many entries it moved out of the queue.

        Only what was really sent can be acknowledged or refused: an answer that claims more
        (a broken proxy, another device's reply) must not make us forget anything.
        """
        now = at.timestamp()
        moved = 0
        with self.transaction() as db:
            for first, last in acked:
                moved += db.execute(
                    f"UPDATE items SET acked_at = ? WHERE seq BETWEEN ? AND ? AND sends > 0 "
                    f"AND {WAITING}",
                    (now, first, last),
                ).rowcount
            for seq, reason in rejected.items():
                moved += db.execute(
                    f"UPDATE items SET rejected = ? WHERE seq = ? AND sends > 0 AND {WAITING}",
                    (reason[:500], seq),
                ).rowcount
            db.executemany(
                "UPDATE dropped SET told_at = ? WHERE from_seq = ?", [(now, seq) for seq in told]
            )
        return moved

    # -- losing, on purpose or not, and always saying so

    def drop(self, numbers: Sequence[int], *, reason: str) -> None:
        """Forget entries and remember to tell the portal which and why."""
        with self.transaction() as db:
            for first, last in as_ranges(numbers):
                db.execute("DELETE FROM items WHERE seq BETWEEN ? AND ?", (first, last))
                db.execute(
                    "INSERT OR REPLACE INTO dropped VALUES (?, ?, ?, NULL)", (first, last, reason)
                )

    def untold_drops(self, *, limit: int = 50) -> list[Json]:
        """Losses the portal has not been told of, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT from_seq, to_seq, reason FROM dropped WHERE told_at IS NULL "
                "ORDER BY from_seq LIMIT ?",
                (limit,),
            ).fetchall()
        return [{"from_seq": row[0], "to_seq": row[1], "reason": row[2]} for row in rows]

    # -- reading back

    def stored(
        self, *, after: int = 0, limit: int = MAX_BATCH_ITEMS, everything: bool = False
    ) -> list[Stored]:
        """Entries in ascending order, at most one batch; with `everything`, settled ones too."""
        which = "1 = 1" if everything else WAITING
        with self._lock:
            rows = self._db.execute(
                f"SELECT seq, size, body FROM items WHERE {which} AND seq > ? ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()
        return self._unpack(rows)[0]

    def quarantined(self) -> list[tuple[int, str, str]]:
        """Entries the portal refused: number, kind, reason."""
        with self._lock:
            return self._db.execute(
                "SELECT seq, kind, rejected FROM items WHERE rejected IS NOT NULL ORDER BY seq"
            ).fetchall()

    def _read(self, seq: int, body: bytes) -> Json:
        try:
            read = json.loads(self._vault.open(self._record_id(seq), body))
        except ValueError as error:
            raise CorruptRecordError(str(seq)) from error
        if not isinstance(read, dict):
            raise CorruptRecordError(str(seq))
        return read

    def _record_id(self, seq: int) -> str:
        return f"{self.boot_id}/{seq}"
