"""Syncthing's event log, read into sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_SPACE = UUID("7d1d6f3f-0ab6-5f28-8f53-7b1b6f3c1d02")


class EventReader:
    """Follows one folder and one peer through the events.

    A push session runs from the first sign that the peer lacks something to its completion at
    100; a pull session is the folder's own "syncing" state.
    """

    def __init__(self, stream: str, folder: str, peer: str, kept: Json) -> None:
        self._stream, self._folder, self._peer = stream, folder, peer
        self._open: Json | None = kept.get("open")
        self._reconnected = bool(kept.get("reconnected"))
        # What the peer lacked when last asked: a short queue drains between two looks, and
        # Syncthing then tells of nothing but its end.
        self._waiting: Json = kept.get("waiting") or {"items": 0, "bytes": 0}
        self._pull_errors: list[str] = []
        self.pending_since: str | None = kept.get("pending_since")
        self.last_ok: str | None = kept.get("last_ok")
        self.changed_names: list[str] = []
        self._sessions: list[Json] = []

    def as_json(self) -> Json:
        """For the cursor."""
        return {
            "open": self._open,
            "reconnected": self._reconnected,
            "waiting": self._waiting,
            "pending_since": self.pending_since,
            "last_ok": self.last_ok,
        }

    def read(self, events: Sequence[Json], *, at: datetime) -> list[Json]:
        """The sessions that ended within these events."""
        for event in events:
            told = event.get("data")
            if isinstance(told, dict):
                when = parse_instant(whole_micros(event.get("time"))) or at
                self._take(str(event.get("type")), told, when)
        return self._sessions

    def note_pending(self, items: int, size: int = 0, *, connected: bool, at: datetime) -> None:
        """Syncthing computes a dark peer's needs only when asked: asking starts the RPO clock."""
        self._waiting = {"items": items, "bytes": size}
        if items:
            self.pending_since = self.pending_since or iso(at)
            if connected:
                self._begin(at, items, size)
            return
        if connected and self._open is not None:
            self._end(at, "ok")
        if connected:
            self.last_ok = iso(at)
        self.pending_since = None

    def _take(self, kind: str, told: Json, when: datetime) -> None:
        if kind == "LocalIndexUpdated" and told.get("folder") == self._folder:
            self.changed_names.extend(str(name) for name in told.get("filenames") or ())
        elif kind == "FolderCompletion" and self._is_ours(told):
            self._take_completion(told, when)
        elif told.get("id") == self._peer:
            self._take_link(kind, told, when)
        elif kind == "FolderErrors" and told.get("folder") == self._folder:
            self._pull_errors = [
                f"{error.get('path')}: {error.get('error')}" for error in told.get("errors") or ()
            ]
        elif kind == "StateChanged" and told.get("folder") == self._folder:
            self._take_state(told, when)

    def _take_link(self, kind: str, told: Json, when: datetime) -> None:
        if kind == "DeviceConnected":
            self._reconnected = True
            if self._waiting["items"]:
                self._begin(when, self._waiting["items"], self._waiting["bytes"])
        elif kind == "DeviceDisconnected" and self._open is not None:
            self._end(when, "aborted", "peer_disconnected", str(told.get("error", "")))

    def _is_ours(self, told: Json) -> bool:
        return told.get("folder") == self._folder and told.get("device") == self._peer

    def _take_completion(self, told: Json, when: datetime) -> None:
        items = int(told.get("needItems", 0)) + int(told.get("needDeletes", 0))
        if told.get("completion") == 100 and not items:
            if self._open is not None:
                self._end(when, "ok")
            self.last_ok = iso(when)
            self.pending_since = None
        else:
            self.pending_since = self.pending_since or iso(when)
            self._begin(when, items, int(told.get("needBytes", 0)))

    def _begin(self, when: datetime, items: int, size: int = 0) -> None:
        if self._open is None:
            trigger = "reconnect" if self._reconnected else "schedule"
            self._open = {"began": iso(when), "items": 0, "bytes": 0, "trigger": trigger}
            self._reconnected = False
        self._open["items"] = max(self._open["items"], items)
        self._open["bytes"] = max(self._open["bytes"], size)

    def _end(self, when: datetime, outcome: str, code: str = "", sample: str = "") -> None:
        ended, self._open = self._open or {}, None
        session = self._session("push", ended.get("began") or iso(when), when, outcome)
        session |= {"trigger": ended.get("trigger", "schedule")}
        if outcome == "ok":
            session |= {"records_out": ended["items"], "bytes_out": ended["bytes"]}
        if code:
            session["errors"] = [{"code": code, "count": 1, "sample": sample or code}]
        self._sessions.append(session)

    def _take_state(self, told: Json, when: datetime) -> None:
        if told.get("from") != "syncing" or told.get("to") == "syncing":
            return
        seconds = float(told.get("duration") or 0)
        outcome = "partial" if self._pull_errors or told.get("to") == "error" else "ok"
        began = iso(datetime.fromtimestamp(when.timestamp() - seconds, when.tzinfo))
        session = self._session("pull", began, when, outcome)
        if self._pull_errors:
            session["errors"] = [
                {
                    "code": "pull_error",
                    "count": len(self._pull_errors),
                    "sample": self._pull_errors[0],
                }
            ]
        self._pull_errors = []
        self._sessions.append(session)

    def _session(self, direction: str, began: str, when: datetime, outcome: str) -> Json:
        started = parse_instant(began) or when
        name = f"{self._folder}|{self._peer}|{direction}|{began}|{iso(when)}"
        return {
            "at": iso(when),
            "session_id": str(uuid5(_SPACE, name)),
            "stream": self._stream,
            "peer": self._peer,
            "engine": "syncthing",
            "direction": direction,
            "started_at": began,
            "ended_at": iso(when),
            "duration_ms": max(0, round((when - started).total_seconds() * 1000)),
            "outcome": outcome,
        }


def whole_micros(told: Any) -> Any:
    """Syncthing writes nanoseconds; Python reads microseconds."""
    if not isinstance(told, str) or "." not in told:
        return told
    head, _, rest = told.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[: min(digits, 6)].ljust(6, '0')}{rest[digits:]}"
