"""The SQLite file under the outbox: durable transactions and a small encrypted memory."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from siaga_agent.vault import CorruptRecordError, Vault

Json = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    plain INTEGER NOT NULL,
    at REAL NOT NULL,
    size INTEGER NOT NULL,
    mark BLOB UNIQUE,
    body BLOB NOT NULL,
    sends INTEGER NOT NULL DEFAULT 0,
    acked_at REAL,
    rejected TEXT
);
CREATE INDEX IF NOT EXISTS items_waiting ON items (seq)
    WHERE acked_at IS NULL AND rejected IS NULL;
CREATE INDEX IF NOT EXISTS items_acked ON items (acked_at) WHERE acked_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS dropped (
    from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, reason TEXT NOT NULL, told_at REAL
);
CREATE TABLE IF NOT EXISTS marks (
    op_id TEXT PRIMARY KEY, at REAL NOT NULL, body BLOB NOT NULL, told_at REAL, refused TEXT
);
CREATE TABLE IF NOT EXISTS witness (checkpoint TEXT PRIMARY KEY, at REAL NOT NULL);
"""


class OutboxFullError(Exception):
    """The disk (or the quota) has no room: the entry was not stored and has no number."""


class OutboxDamagedError(Exception):
    """The outbox file itself is not readable any more."""


class Store:
    """One file, several threads and processes, every commit on the disk before it returns."""

    def __init__(self, path: Path, vault: Vault, *, check: bool = False) -> None:
        self.path = path
        self._vault = vault
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        try:
            self._db = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA busy_timeout=30000")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare(check=check)
        except sqlite3.OperationalError:
            raise  # busy or full: that passes, the file is sound
        except sqlite3.DatabaseError as error:
            raise OutboxDamagedError(str(path)) from error

    def _prepare(self, *, check: bool) -> None:
        if check and self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise OutboxDamagedError(str(self.path))
        with self.transaction():
            for statement in _TABLES.split(";\n"):
                self._db.execute(statement)
            # One boot_id for the life of this file: numbers start at 1 only in a new file.
            self._db.execute(
                "INSERT OR IGNORE INTO meta VALUES ('boot_id', ?), ('next_seq', 1)",
                (str(uuid4()),),
            )
        self.boot_id = str(self._meta("boot_id"))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what happens inside, durably, or none of it; inside another one, part of it."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._roll_back()
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                    raise OutboxFullError(str(self.path)) from error
                raise
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    # -- memory

    def secret(self, name: str) -> str | None:
        """A remembered text, decrypted; None when there is none or it was damaged."""
        sealed = self._meta(f"secret:{name}")
        if sealed is None:
            return None
        try:
            return self._vault.open(f"{self.boot_id}/{name}", sealed).decode()
        except CorruptRecordError:
            return None

    def put_secret(self, name: str, text: str) -> None:
        """Remember a text, encrypted (the token, cursors, orders)."""
        with self.transaction():
            self._put_secret(name, text)

    def seal(self, name: str, plain: bytes) -> bytes:
        """Encrypt something that is kept outside this file too, under its own name."""
        return self._vault.seal(name, plain)

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """Decrypt it, or raise CorruptRecordError."""
        return self._vault.open(name, sealed)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the file something."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def cursor(self, source: str) -> Json:
        """Where a source had got to when its last entries were stored."""
        text = self.secret(f"cursor:{source}")
        read = json.loads(text) if text else {}
        return read if isinstance(read, dict) else {}

    def number(self, name: str) -> int:
        """A remembered number, 0 at first."""
        return int(self._meta(f"number:{name}") or 0)

    def raise_number(self, name: str, value: int) -> None:
        """Remember the highest value ever given; it never goes back."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) "
                "DO UPDATE SET value = max(value, excluded.value)",
                (f"number:{name}", value),
            )

    def keep_witness(self, checkpoint: str, *, at: datetime) -> None:
        """Keep a head of the portal's audit trail: we are one of its witnesses."""
        if checkpoint == self.newest_witness():
            return
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO witness VALUES (?, ?)", (checkpoint, at.timestamp()))
            db.execute("INSERT OR REPLACE INTO meta VALUES ('witness', ?)", (checkpoint,))

    def newest_witness(self) -> str | None:
        """The head that we echo."""
        kept = self._meta("witness")
        return None if kept is None else str(kept)

    def witnesses(self) -> list[tuple[str, float]]:
        """Every head we have seen, with the time we saw it."""
        with self._lock:
            return self._db.execute("SELECT checkpoint, at FROM witness ORDER BY at").fetchall()

    def _put_secret(self, name: str, text: str) -> None:
        sealed = self._vault.seal(f"{self.boot_id}/{name}", text.encode())
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"secret:{name}", sealed))

    def _meta(self, name: str) -> Any:
        return self._one("SELECT value FROM meta WHERE name = ?", name)

    def _one(self, sql: str, *values: object) -> Any:
        with self._lock:
            row = self._db.execute(sql, values).fetchone()
        return None if row is None else row[0]
