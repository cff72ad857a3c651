"""Litestream: one SQLite database and its replica, asked through the daemon's control socket.

Its own status is no witness. With a broken replica the daemon goes on saying "replicating" and the
command line "ok"; only `last_sync_at` stands still, and the replica's transaction falls back to 0.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_SPACE = UUID("3d0a7c52-0a4e-5a55-9d1e-6f6c2a1f4b90")
STALLED_AFTER_S = 60.0
# While its replica is broken, the daemon tries for 30 s to save the rest before it stops.
STOP_WITHIN_S = 45.0


class LitestreamAdapter:
    """Pending is what the database has committed and the replica cannot give back."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._database = str(settings["database"])
        self.stream = str(settings.get("stream") or self._database.rsplit("/", 1)[-1])
        self.name = str(settings.get("name") or f"litestream:{self.stream}")
        self.streams: tuple[str, ...] = (self.stream,)
        self.every_s = look_every(settings)
        self._criticality = settings.get("criticality")
        self._stalled = timedelta(seconds=float(settings.get("stalled_after_s", STALLED_AFTER_S)))
        socket = str(settings.get("socket", "/var/run/litestream.sock"))
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=socket),
            base_url="http://litestream",
            timeout=httpx.Timeout(15.0, connect=3.0),
        )

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Ask for the state, then for both transaction numbers."""
        told = self._told()
        if told is None:
            raise AdapterError("no_database", f"Litestream does not replicate {self._database}.")
        if told.get("status") == "stopped":
            known = cursor.get("stream") or {"name": self.stream, "pending_records": 0}
            return Findings(streams=[known], cursor=cursor, frozen=frozenset({self.stream}))
        numbers = self._ask("POST", "/sync", {"path": self._database})
        return self.judge({**numbers, **told}, cursor, at=at)

    def judge(self, told: Json, cursor: Json, *, at: datetime) -> Findings:
        """Turn one reading into a sample, and into a session where it stalled or recovered."""
        pending = max(0, int(told["txid"]) - int(told.get("replicated_txid") or 0))
        last_sync = parse_instant(told.get("last_sync_at"))
        since = parse_instant(cursor.get("pending_since")) or at
        # Only the clock of the last upload tells: the status says "replicating" all the same.
        quiet_since = max(since, last_sync or since)
        stalled = bool(pending) and at - quiet_since >= self._stalled
        failures = int(cursor.get("failures", 0)) + 1 if stalled else 0
        last_ok = cursor.get("last_ok") if last_sync is None else iso(last_sync)
        stream: Json = {
            "name": self.stream,
            "criticality": self._criticality,
            "pending_records": pending,
            "oldest_pending_at": iso(since) if pending else None,
            "last_sync_ok_at": last_ok,
            "last_seq": str(told["txid"]),
            "conflicts_open": 0,
            "consecutive_failures": failures,
        }
        kept: Json = {
            "pending_since": stream["oldest_pending_at"],
            "last_ok": last_ok,
            "most": max(pending, int(cursor.get("most", 0))) if pending else 0,
            "failures": failures,
            "stream": stream,
        }
        sessions = self._sessions(cursor, kept, told, at=at)
        return Findings(streams=[stream], sessions=sessions, cursor=kept)

    def freeze(self, stream: str) -> None:
        """Stop replicating. A restarted Litestream starts again: the order is then applied anew."""
        try:
            self._ask("POST", "/stop", {"path": self._database, "timeout": 30})
        except AdapterError:
            # With a broken replica it refuses after 30 s of trying to save the rest, and stops.
            if (self._told() or {}).get("status") != "stopped":
                raise

    def thaw(self, stream: str) -> None:
        """Replicate again."""
        self._ask("POST", "/start", {"path": self._database})

    def _told(self) -> Json | None:
        listed: list[Json] = self._ask("GET", "/list").get("databases") or []
        return next((one for one in listed if one.get("path") == self._database), None)

    def _sessions(self, before: Json, kept: Json, told: Json, *, at: datetime) -> list[Json]:
        """The first look that finds the replica stalled, and each time that everything is over."""
        began = str(before.get("pending_since") or iso(at))
        if kept["failures"] == 1:
            sample = (
                f"Litestream says {told.get('status')!r}, yet nothing has reached the replica of "
                f"{self._database} since {kept['last_ok'] or 'it was started'}."
            )
            failed = self._session(began, at, "failed")
            failed["errors"] = [{"code": "replica_stalled", "count": 1, "sample": sample}]
            return [failed]
        if before.get("pending_since") and not kept["pending_since"]:
            done = self._session(began, at, "ok")
            return [done | {"records_out": int(before.get("most", 0))}]
        return []

    def _session(self, began: str, at: datetime, outcome: str) -> Json:
        started = parse_instant(began) or at
        return {
            "at": iso(at),
            "session_id": str(uuid5(_SPACE, f"{self._database}|{began}|{iso(at)}|{outcome}")),
            "stream": self.stream,
            "peer": "replica",
            "engine": "litestream",
            "direction": "push",
            "trigger": "schedule",
            "started_at": began,
            "ended_at": iso(at),
            "duration_ms": max(0, round((at - started).total_seconds() * 1000)),
            "outcome": outcome,
        }

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        timeout = STOP_WITHIN_S if path == "/stop" else 15.0
        try:
            answer = self._client.request(method, path, json=body, timeout=timeout)
        except httpx.TimeoutException as error:
            raise AdapterError("timeout", f"Litestream did not answer {path} in time.") from error
        except (httpx.HTTPError, OSError) as error:
            raise AdapterError("unreachable", f"Litestream: {type(error).__name__}") from error
        try:
            told = answer.json()
        except ValueError as error:
            # An older daemon has no such path and says so in plain text.
            raise AdapterError("too_old", f"Litestream has no {path}; 0.5.17 has it.") from error
        if answer.is_error or not isinstance(told, dict):
            reason = told.get("error") if isinstance(told, dict) else answer.status_code
            raise AdapterError("refused", f"Litestream refused {path}: {reason}")
        return told
