"""Looking after one engine: gather, fit to the contract, store with the cursor, remember."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from siaga_agent.adapters.base import Adapter, AdapterError, Findings
from siaga_agent.clock import Clock, iso
from siaga_agent.outbox import MAX_ITEM_BYTES, Entry, Outbox
from siaga_agent.shape import (
    APP,
    BACKUP,
    CONFLICT,
    CONFLICT_NEEDS,
    SESSION,
    SESSION_NEEDS,
    STREAM,
    STREAM_NEEDS,
    Reader,
    ShapeError,
    fit,
)
from siaga_agent.store import Json, OutboxFullError

logger = logging.getLogger(__name__)


@dataclass
class LastLook:
    """What an engine said last, for the next heartbeat."""

    streams: dict[str, Json] = field(default_factory=dict)
    frozen: frozenset[str] = frozenset()
    app: Json | None = None
    backup: Json | None = None
    error: str = ""


class AdapterWatch:
    """Turns one adapter's findings into stored entries, each once."""

    def __init__(
        self,
        adapter: Adapter,
        outbox: Outbox,
        *,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self.adapter = adapter
        self._outbox, self._clock = outbox, clock
        self._on_news, self._on_turn = on_news, on_turn
        self._mood: tuple[bool, frozenset[str]] = (True, frozenset())
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._look = LastLook()
        self._failures = 0
        self.looked = threading.Event()

    @property
    def last_look(self) -> LastLook:
        """The newest samples; still the last known ones while the engine does not answer."""
        with self._lock:
            return self._look

    def look(self) -> None:
        """Look once; a full disk or a dead engine spoils this look only."""
        with self._turn:
            self._look_once(self._clock.now())

    def _look_once(self, at: datetime) -> None:
        try:
            self._store(self._gather(at), at)
        except AdapterError as error:
            self._note_failure(error, at)
        except OutboxFullError:
            # Nothing was stored and the cursor stands: the next look finds the same again.
            logger.error("No room for what %s has to tell; it stays there", self.adapter.name)
        self.looked.set()

    def _gather(self, at: datetime) -> Findings:
        """An engine that answers in a shape nobody expected fails its look, not the agent."""
        try:
            return self.adapter.gather(self._outbox.cursor(self.adapter.name), at=at)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            told = f"{type(error).__name__}: {error}"
            raise AdapterError("unexpected", f"An answer could not be read: {told}") from error

    def _store(self, findings: Findings, at: datetime) -> None:
        entries = [*self._sessions(findings), *self._conflicts(findings, at)]
        self._failures = 0
        if entries or findings.cursor != self._outbox.cursor(self.adapter.name):
            self._outbox.append_all(entries, at=at, cursors={self.adapter.name: findings.cursor})
        streams = [self._fit("stream", raw, STREAM, STREAM_NEEDS) for raw in findings.streams]
        with self._lock:
            self._look = LastLook(
                streams={stream["name"]: stream for stream in streams if stream},
                frozen=findings.frozen,
                app=self._fit("app", findings.app, APP, ()),
                backup=self._fit("backup", findings.backup, BACKUP, ()),
            )
        if entries:
            self._on_news()
        self._note_turn(findings)

    def _note_turn(self, findings: Findings) -> None:
        """A stream that stops, freezes or works again is worth a heartbeat at once."""
        outcomes = [session.get("outcome") for session in findings.sessions]
        works = outcomes[-1] in ("ok", "partial") if outcomes else self._mood[0]
        before, self._mood = self._mood, (works, findings.frozen)
        if self._mood != before:
            self._on_turn()

    def _sessions(self, findings: Findings) -> list[Entry]:
        fitted = (self._fit("session", raw, SESSION, SESSION_NEEDS) for raw in findings.sessions)
        return [
            Entry(
                {"kind": "sync_session", "at": session.get("ended_at", session["started_at"])}
                | session,
                mark=f"session:{session['session_id']}",
            )
            for session in fitted
            if session
        ]

    def _conflicts(self, findings: Findings, at: datetime) -> list[Entry]:
        fitted = (
            self._fit("conflict", raw, CONFLICT, CONFLICT_NEEDS) for raw in findings.conflicts
        )
        return [
            Entry(
                {"kind": "conflict", "at": iso(at)} | conflict,
                mark=f"conflict:{conflict['conflict_id']}:"
                + "|".join(version["rev"] for version in conflict["versions"]),
            )
            for conflict in fitted
            if conflict and len(conflict["versions"]) >= 2
        ]

    def _fit(
        self, what: str, raw: object, fields: Mapping[str, Reader], needs: tuple[str, ...]
    ) -> Json | None:
        if raw is None:
            return None
        try:
            fitted, problems = fit(raw, fields, needs)
            if len(json.dumps(fitted)) > MAX_ITEM_BYTES:
                raise ShapeError("is too large to be sent")
        except ShapeError as error:
            logger.warning("%s: a %s was left out: %s", self.adapter.name, what, error)
            return None
        if problems:
            logger.debug("%s: parts of a %s were left out: %s", self.adapter.name, what, problems)
        return fitted

    def _note_failure(self, error: AdapterError, at: datetime) -> None:
        """The engine's silence is news once, and counts in every heartbeat."""
        self._failures += 1
        if self._failures == 1:
            logger.warning("%s cannot be asked: %s", self.adapter.name, error)
            self._outbox.append_all([self._failed_session(error, at)], at=at)
            self._on_news()
            self._on_turn()
        with self._lock:
            known = self._look.streams or {
                name: {"name": name, "pending_records": 0} for name in self.adapter.streams
            }
            self._look = LastLook(
                streams={
                    name: {
                        **stream,
                        "consecutive_failures": int(stream.get("consecutive_failures", 0)) + 1,
                    }
                    for name, stream in known.items()
                },
                frozen=self._look.frozen,
                error=f"{error.code}: {error}",
            )

    def _failed_session(self, error: AdapterError, at: datetime) -> Entry:
        stream = self.adapter.streams[0] if self.adapter.streams else self.adapter.name
        told = {"code": f"engine_{error.code}"[:40], "count": 1, "sample": str(error)[:300]}
        return Entry(
            {
                "kind": "sync_session",
                "at": iso(at),
                "session_id": str(uuid4()),
                "stream": stream[:64],
                "engine": "custom",
                "direction": "both",
                "started_at": iso(at),
                "ended_at": iso(at),
                "outcome": "failed",
                "errors": [told],
            }
        )
