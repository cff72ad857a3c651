"""The two data centres: what the centre received is copied to its twin, change by change."""

import http.client
import json
import sqlite3
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bcp_portal.demo.safe import Safe
from bcp_portal.demo.stock import centre_leases
from siaga_agent.adapters.base import Findings
from siaga_agent.clock import iso
from siaga_agent.demo_source import digest_of
from siaga_agent.store import Json

STREAM = "core-replication"
LOOK_EVERY_S = 5.0
BATCH = 500
TIMEOUT_S = 8.0
# The centre's own database notes what is new in it, in the transaction that brought it.
_JOURNAL = """
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, till TEXT NOT NULL, sale_id TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS sales_journal AFTER INSERT ON sales BEGIN
    INSERT INTO changes (till, sale_id) VALUES (new.till, new.sale_id);
END;
"""
_WAITING = (
    "SELECT changes.seq, sales.till, sales.day, sales.hash, sales.body FROM changes"
    " JOIN sales USING (till, sale_id) ORDER BY changes.seq LIMIT ?"
)
_QUEUE = (
    "SELECT count(*), coalesce(sum(length(body)), 0), min(json_extract(body, '$.sold_at'))"
    " FROM changes JOIN sales USING (till, sale_id)"
)


class Replicator:
    """Copies the centre's journal to the twin; what has not arrived stays in the journal."""

    def __init__(self, centre: Path, *, twin: str) -> None:
        self._twin = twin.rstrip("/")
        self._line = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            centre / "central.db", timeout=30, isolation_level=None, check_same_thread=False
        )
        self._db.executescript(_JOURNAL)
        # A centre from before the journal: all of it is new to the twin.
        self._db.execute(
            "INSERT INTO changes (till, sale_id) SELECT till, sale_id FROM sales"
            " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'changes')"
        )
        self.frozen = centre / "copy-frozen"
        self._last_ok: str | None = None
        self._failures = 0

    def copy(self) -> bool:
        """Send the oldest changes; say whether there were any and all arrived."""
        if self.frozen.exists():
            return False
        with self._lock:
            rows = self._db.execute(_WAITING, (BATCH,)).fetchall()
        groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for _seq, till, day, found, body in rows:
            groups.setdefault((till, day), []).append((found, body))
        try:
            for (till, day), sales in groups.items():
                self._send(till, day, sales)
            self._answers()
        except (OSError, http.client.HTTPException):
            self._failures += 1
            return False
        with self._lock:
            if rows:
                self._db.execute("DELETE FROM changes WHERE seq <= ?", (rows[-1][0],))
        self._last_ok, self._failures = iso(datetime.now(UTC)), 0
        return bool(rows)

    def sample(self) -> Json:
        """The journal as the contract describes a stream."""
        with self._lock:
            count, size, oldest = self._db.execute(_QUEUE).fetchone()
        stream: Json = {
            "name": STREAM,
            "criticality": "critical",
            "pending_records": count,
            "pending_bytes": size,
            "oldest_pending_at": oldest,
            "last_sync_ok_at": self._last_ok,
            "consecutive_failures": self._failures,
        }
        return {key: value for key, value in stream.items() if value is not None}

    def _send(self, till: str, day: str, sales: Sequence[tuple[str, str]]) -> None:
        told = {
            "till": till,
            "day": day,
            "overwrite": True,
            "checksum": digest_of((found for found, _body in sales), "batch"),
            "sales": [json.loads(body) for _found, body in sales],
        }
        request = urllib.request.Request(
            f"{self._twin}/v1/push", json.dumps(told).encode(), {"Content-Type": "application/json"}
        )
        with self._line.open(request, timeout=TIMEOUT_S):
            pass

    def _answers(self) -> None:
        """Ask the twin even when nothing is new: an idle copy must not look healthy by itself."""
        with self._line.open(f"{self._twin}/healthz", timeout=TIMEOUT_S):
            pass


class CoreAdapter:
    """Looks after the copy from inside the same process."""

    name = f"core:{STREAM}"
    streams: tuple[str, ...] = (STREAM,)
    every_s = LOOK_EVERY_S

    def __init__(self, replicator: Replicator, safe: Safe) -> None:
        self._replicator, self._safe = replicator, safe

    def gather(self, cursor: Mapping[str, object], *, at: datetime) -> Findings:
        """Read the journal, the stock and the newest backup."""
        is_frozen = self._replicator.frozen.exists()
        return Findings(
            streams=[self._replicator.sample() | {"leases": centre_leases()}],
            frozen=frozenset([STREAM]) if is_frozen else frozenset(),
            backup=self._safe.told(),
        )

    def freeze(self, stream: str) -> None:
        """Stop copying."""
        self._replicator.frozen.touch()

    def thaw(self, stream: str) -> None:
        """Copy again."""
        self._replicator.frozen.unlink(missing_ok=True)
