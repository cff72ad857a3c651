"""A small real HTTP portal for the agent's own tests.

It keeps the contract's promises about identity (what it holds of each device and boot is told
back as ranges, a repeat is counted and not stored twice, another content under a known number is
set apart), validates every batch against the published schema when it is at hand, and can be told
to misbehave. The true portal is tested elsewhere.
"""

import gzip
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from siaga_agent.ranges import as_ranges

# Takes the batch, returns (status, headers, body) to answer instead, or None to go on.
Misbehaviour = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes] | None]


@dataclass
class StandIn:
    """What the portal holds, and how it answers."""

    token: str = "secret-token"
    held: dict[tuple[str, str], dict[int, dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    forked: list[tuple[str, int]] = field(default_factory=list)
    duplicates: int = 0
    batches: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Any] | None = None
    misbehave: Misbehaviour | None = None
    refuse_item: Callable[[dict[str, Any]], str | None] = lambda item: None
    lose_replies: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def items(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Everything held, in no particular order."""
        with self.lock:
            return [
                item
                for numbered in self.held.values()
                for item in numbered.values()
                if kind is None or item["kind"] == kind
            ]

    def take(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Store a batch as the contract says, and say what is held."""
        with self.lock:
            self.batches.append(batch)
            numbered = self.held[batch["node_id"], batch["boot_id"]]
            rejected, duplicates = [], 0
            for item in batch["items"]:
                why = self.refuse_item(item)
                if why is not None:
                    rejected.append({"seq": item["seq"], "error": why})
                elif item["seq"] not in numbered:
                    numbered[item["seq"]] = item
                elif numbered[item["seq"]] == item:
                    duplicates += 1
                else:
                    self.forked.append((batch["boot_id"], item["seq"]))
            self.duplicates += duplicates
            self.dropped.extend(batch.get("dropped", ()))
            now = datetime.now(UTC).isoformat()
            return {
                "ack": [list(pair) for pair in as_ranges(numbered)],
                "duplicates": duplicates,
                "rejected": rejected,
                "server_time": now,
                "next_heartbeat_s": 5,
                "phase_s": 0,
                "want": "backfill",
                "orders_epoch": 0,
                "engine_fresh_at": now,
                "audit_checkpoint": "checkpoint-1",
            } | self.reply


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    stand_in: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert len(body) < 1024 * 1024
        portal = self.stand_in
        with portal.lock:
            portal.headers.append(dict(self.headers.items()))
        if self.headers["Authorization"] != f"Bearer {portal.token}":
            return self._answer(401, {}, b'{"detail": "bad token"}')
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        batch = json.loads(body)
        assert len(body) < 1024 * 1024
        assert len(batch["items"]) <= 500
        if portal.misbehave is not None and (instead := portal.misbehave(batch)) is not None:
            return self._answer(*instead)
        told = portal.take(batch)
        if portal.lose_replies:
            portal.lose_replies -= 1
            self.close_connection = True
            return None
        return self._answer(200, {}, json.dumps(told).encode())

    def do_GET(self) -> None:
        told = self.stand_in.orders
        if told is None or not self.path.startswith("/api/telemetry/v1/orders"):
            return self._answer(404, {}, b"{}")
        return self._answer(200, {}, json.dumps(told).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class RunningPortal:
    """`with RunningPortal() as portal:` serves `portal.stand_in` at `portal.url`."""

    def __init__(self, port: int = 0) -> None:
        self.stand_in = StandIn()
        door = type("Door", (_Door,), {"stand_in": self.stand_in})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), door)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "RunningPortal":
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
