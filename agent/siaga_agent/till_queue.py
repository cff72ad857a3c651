"""The till's own database: sales, what of them was pushed, and how each push went."""

import json
import random
import sqlite3
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from siaga_agent.clock import iso, parse_instant
from siaga_agent.demo_source import SKUS, Json, day_of, digest_of, row_hash

_TABLES = """
CREATE TABLE IF NOT EXISTS sales (
    id INTEGER PRIMARY KEY,
    sale_id TEXT NOT NULL UNIQUE,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    sold_at TEXT NOT NULL,
    day TEXT NOT NULL,
    hash TEXT NOT NULL,
    pushed_at TEXT
);
CREATE INDEX IF NOT EXISTS sales_waiting ON sales (id) WHERE pushed_at IS NULL;
CREATE INDEX IF NOT EXISTS sales_pushed ON sales (day) WHERE pushed_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
KEEP_SESSIONS = 20_000


class TillQueue:
    """Sales survive a power cut the moment they are rung up."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(home / "till.db", timeout=30, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        for statement in _TABLES.split(";\n"):
            self._db.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def ring_up(self, *, at: datetime, dice: random.Random, sku: str | None = None) -> Json:
        """One sale of something a parts dealer sells, or a single one of the article named."""
        one = [article for article in SKUS if article[0] == sku]
        article, price = dice.choice(one or SKUS)
        quantity = 1 if one else dice.choice((1, 1, 1, 2, 4))
        sale: Json = {
            "sale_id": str(uuid4()),
            "sku": article,
            "quantity": quantity,
            "amount_minor": price * quantity * 100,
            "sold_at": iso(at),
        }
        self._db.execute(
            "INSERT INTO sales (sale_id, sku, quantity, amount_minor, sold_at, day, hash) "
            "VALUES (:sale_id, :sku, :quantity, :amount_minor, :sold_at, :day, :hash)",
            sale | {"day": day_of(sale), "hash": row_hash(sale)},
        )
        return sale

    def next_batch(self, *, limit: int) -> list[Json]:
        """The oldest sales that wait, all of one day, so that one digest covers them."""
        rows = self._db.execute(
            "SELECT * FROM sales WHERE pushed_at IS NULL AND day = "
            "(SELECT day FROM sales WHERE pushed_at IS NULL ORDER BY id LIMIT 1) "
            "ORDER BY id LIMIT ?",
            (limit,),
        )
        return [_sale(row) for row in rows]

    def sales_of(self, day: str) -> list[Json]:
        """Everything of one day that was pushed, to push it again."""
        rows = self._db.execute(
            "SELECT * FROM sales WHERE pushed_at IS NOT NULL AND day = ? ORDER BY id", (day,)
        )
        return [_sale(row) for row in rows]

    def digest(self, day: str, *, extra: list[Json] | None = None) -> Json:
        """Our sum over what was pushed of a day, and over `extra` that is about to be."""
        rows = self._db.execute(
            "SELECT hash FROM sales WHERE pushed_at IS NOT NULL AND day = ?", (day,)
        )
        hashes = {row[0] for row in rows} | {row_hash(sale) for sale in extra or ()}
        return digest_of(hashes, f"day {day}")

    def note_pushed(self, batch: list[Json], *, at: datetime) -> None:
        """The centre holds these."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "UPDATE sales SET pushed_at = ? WHERE sale_id = ? AND pushed_at IS NULL",
            [(iso(at), sale["sale_id"]) for sale in batch],
        )
        self._db.execute("COMMIT")

    def unsent_of(self, sku: str) -> int:
        """How many of an article were sold that the centre has not been told of."""
        row = self._db.execute(
            "SELECT sum(quantity) FROM sales WHERE pushed_at IS NULL AND sku = ?", (sku,)
        ).fetchone()
        return int(row[0] or 0)

    def note_session(self, session: Json) -> None:
        """Keep how one push went, for the agent to collect."""
        self._db.execute("INSERT INTO sessions (body) VALUES (?)", (json.dumps(session),))
        self._db.execute(
            "DELETE FROM sessions WHERE id <= (SELECT max(id) FROM sessions) - ?", (KEEP_SESSIONS,)
        )

    def sessions_after(self, number: int, *, limit: int = 200) -> tuple[list[Json], int]:
        """Sessions the agent has not collected, and the number of the last of them."""
        rows = self._db.execute(
            "SELECT id, body FROM sessions WHERE id > ? ORDER BY id LIMIT ?", (number, limit)
        ).fetchall()
        return [json.loads(row["body"]) for row in rows], rows[-1]["id"] if rows else number

    def fact(self, name: str) -> str | None:
        """A remembered word."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put_fact(self, name: str, value: str) -> None:
        """Remember a word."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def sample(self, name: str, criticality: str) -> Json:
        """The queue as the contract describes a stream."""
        row = self._db.execute(
            "SELECT count(*) AS records, min(sold_at) AS oldest, sum(amount_minor) AS amount "
            "FROM sales WHERE pushed_at IS NULL"
        ).fetchone()
        stream: Json = {
            "name": name,
            "criticality": criticality,
            "pending_records": row["records"],
            "pending_bytes": row["records"] * 180,
            "pending_value_minor": row["amount"] or 0,
            "currency": "IDR",
            "oldest_pending_at": row["oldest"],
            "last_sync_ok_at": self.fact("last_ok"),
            "last_seq": self.fact("last_seq"),
            "consecutive_failures": int(self.fact("failures") or 0),
        }
        day = self.fact("last_day")
        if day is not None:
            stream["digest"] = self.digest(day)
        return {key: value for key, value in stream.items() if value is not None}


def duration_ms(began: datetime, ended: str) -> int:
    """Milliseconds between two instants of one session."""
    end = parse_instant(ended) or began
    return max(0, round((end - began).total_seconds() * 1000))


def _sale(row: sqlite3.Row) -> Json:
    return {name: row[name] for name in ("sale_id", "sku", "quantity", "amount_minor", "sold_at")}
