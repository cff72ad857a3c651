"""The demo's centre: receives the tills' sales, checks every batch, answers with its digest."""

import argparse
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from siaga_agent.demo_source import Json, digest_of, row_hash

MAX_BODY = 4 * 1024 * 1024
_TABLES = """
CREATE TABLE IF NOT EXISTS sales (
    till TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    day TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (till, sale_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sales_day ON sales (till, day);
"""


class RefusedError(Exception):
    """The batch is not taken; the text says why."""


class CentralStore:
    """Every sale once, whoever repeats it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            home / "central.db", timeout=30, isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        for statement in _TABLES.split(";\n"):
            self._db.execute(statement)

    def take(self, told: Json) -> Json:
        """Check a batch against its own checksum and store it; 2xx only after the commit."""
        sales, till, day = told.get("sales"), told.get("till"), told.get("day")
        if not isinstance(sales, list) or not isinstance(till, str) or not isinstance(day, str):
            raise RefusedError("till, day and sales are needed")
        try:
            hashes = [row_hash(sale) for sale in sales]
            checksum = told["checksum"]["value"]
        except (KeyError, TypeError) as error:
            raise RefusedError(f"a sale or the checksum lacks {error}") from error
        if digest_of(hashes, "batch")["value"] != checksum:
            raise RefusedError("the batch does not match its checksum")
        keyword = "REPLACE" if told.get("overwrite") is True else "IGNORE"
        rows = [
            (till, sale["sale_id"], day, found, json.dumps(sale))
            for sale, found in zip(sales, hashes, strict=True)
        ]
        with self._lock:
            before = self._count(till)
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(f"INSERT OR {keyword} INTO sales VALUES (?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
            stored = self._count(till) - before
        return {
            "stored": stored,
            "duplicates": len(rows) - stored,
            "rejected": 0,
            "digest": self.digest(till, day),
        }

    def digest(self, till: str, day: str) -> Json:
        """Our sum over a till's day."""
        with self._lock:
            rows = self._db.execute(
                "SELECT hash FROM sales WHERE till = ? AND day = ?", (till, day)
            ).fetchall()
        return digest_of((row[0] for row in rows), f"day {day}")

    def tills(self) -> list[Json]:
        """How many sales each till has brought."""
        with self._lock:
            rows = self._db.execute("SELECT till, count(*) FROM sales GROUP BY till").fetchall()
        return [{"till": till, "sales": count} for till, count in rows]

    def _count(self, till: str) -> int:
        found = self._db.execute("SELECT count(*) FROM sales WHERE till = ?", (till,)).fetchone()
        return int(found[0])


class _Door(BaseHTTPRequestHandler):
    """POST /v1/push, GET /v1/digest, /v1/tills and /healthz."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    store: CentralStore

    def do_POST(self) -> None:
        """Take one batch."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_BODY:
            self.close_connection = True
            return self._answer(413, {"error": "the body is empty or too large"})
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever was sending is gone; there is nobody to answer.
            self.close_connection = True
            return None
        if self.path != "/v1/push":
            return self._answer(404, {"error": "no such door"})
        try:
            told = json.loads(body)
            if not isinstance(told, dict):
                raise RefusedError("the body must be one JSON object")
            return self._answer(200, self.store.take(told))
        except ValueError:
            return self._answer(400, {"error": "the body is not JSON"})
        except RefusedError as refusal:
            return self._answer(422, {"error": str(refusal)})

    def do_GET(self) -> None:
        """Answer who asks."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/healthz":
            return self._answer(200, {"ok": True})
        if parts.path == "/v1/tills":
            return self._answer(200, {"tills": self.store.tills()})
        if parts.path == "/v1/digest" and {"till", "day"} <= set(asked):
            return self._answer(200, self.store.digest(asked["till"], asked["day"]))
        return self._answer(404, {"error": "no such door"})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a log line per push tells nobody anything."""

    def _answer(self, status: int, body: Json) -> None:
        told = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)


def make_server(home: Path, *, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A receiver bound and ready; `serve_forever` makes it answer."""
    door = type("Door", (_Door,), {"store": CentralStore(home)})
    server = ThreadingHTTPServer((host, port), door)
    server.daemon_threads = True
    return server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m siaga_agent.till_central", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    chosen = parser.parse_args(arguments)
    server = make_server(chosen.home, port=chosen.port, host=chosen.host)
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            wanted, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
        )
    sys.stdout.write(f"till_central listening on http://{chosen.host}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
