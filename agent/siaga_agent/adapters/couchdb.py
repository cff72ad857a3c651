"""CouchDB and PouchDB: one replication document as one stream.

The conflict shows at the end that was written to: a branch that only pushes never sees it. So the
other end is looked at too (`conflicts_at`), or the blindness itself is told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.adapters.couchdb_api import CouchServer, document, is_link_down, number_of
from siaga_agent.adapters.couchdb_conflicts import ConflictReader
from siaga_agent.adapters.couchdb_lag import lag_between
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_SPACE = UUID("9a1d52f6-5a37-5c43-8e0b-2f6e0d9d7c35")
_FAILING = ("crashing", "error", "failed", "unreachable")
_SECRET = re.compile(r"//[^/@\s]+@")
_RESUMED = "siaga_resumed"
_NOT_KEPT = ("_id", "_rev", "owner", _RESUMED)
INVISIBLE = (
    "The replication {replication} only pushes: a conflict shows at the other end, and this site "
    "does not see it until it pulls. Set conflicts_at, or replicate both ways."
)


@dataclass(frozen=True)
class _Reading:
    """What is known of one replication at one look."""

    pending: int
    state: str
    checkpoint: Any = None
    in_step_at: str | None = None
    failures: int = 0
    why: str = ""


class CouchDbAdapter:
    """Pending is what the source has and the target lacks."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._database = str(settings["database"])
        self._replication = str(settings["replication"])
        self._direction = str(settings.get("direction", "push"))
        self.stream = str(settings.get("stream") or self._database)
        self.name = str(settings.get("name") or f"couchdb:{self._replication}")
        self.streams: tuple[str, ...] = (self.stream,)
        self.every_s = look_every(settings)
        self._server = CouchServer(settings)
        self._api = self._server.api
        self._document = "/_replicator" + document(self._replication)
        # A local document is never replicated, and stays when the engine or the agent restarts.
        self._copy = "/_replicator/_local" + document(f"siaga-frozen-{self._replication}")

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Look at the replication, then at the documents that changed."""
        told = self._api.get(self._document)
        if told is None:
            if self._api.get(self._copy) is None:
                raise AdapterError(
                    "no_document", f"There is no replication document {self._replication}."
                )
            known = cursor.get("stream") or {"name": self.stream, "pending_records": 0}
            return Findings(streams=[known], cursor=cursor, frozen=frozenset({self.stream}))
        reading = self._read(told, cursor, at)
        conflicts, readers = self._conflicts(cursor.get("readers") or {}, at)
        stream = self._stream(reading, readers, cursor, at)
        kept: Json = {
            "checkpoint": reading.checkpoint,
            "readers": readers,
            "failing": reading.state in _FAILING,
            "most": max(reading.pending, int(cursor.get("most", 0))) if reading.pending else 0,
            "stream": stream,
            "blind_on": cursor.get("blind_on"),
        }
        sessions = [*self._sessions(cursor, kept, reading, at), *self._blindness(kept, at)]
        return Findings(streams=[stream], sessions=sessions, conflicts=conflicts, cursor=kept)

    def freeze(self, stream: str) -> None:
        """Remove the replication document; a copy of it stays beside it."""
        told = self._api.get(self._document)
        if told is None:
            return
        kept = self._api.get(self._copy) or {}
        plain = {name: value for name, value in told.items() if not _is_passing(name)}
        copy: Json = {"document": plain}
        if "_rev" in kept:
            copy["_rev"] = kept["_rev"]
        if self._api.send("PUT", self._copy, copy) is None:
            raise AdapterError("refused", "No copy of the replication document could be kept.")
        self._api.send("DELETE", self._document, rev=told["_rev"])

    def thaw(self, stream: str) -> None:
        """Put the replication document back as it was."""
        kept = self._api.get(self._copy)
        if kept is None:
            return
        if self._api.get(self._document) is None:
            # pouchdb-server takes a document that is the same as a removed one for a duplicate
            # of it, and never starts it: each time it must be another one.
            self._api.send("PUT", self._document, kept["document"] | {_RESUMED: uuid4().hex})
        self._api.send("DELETE", self._copy, rev=kept["_rev"])

    # -- figures

    def _read(self, told: Json, cursor: Json, at: datetime) -> _Reading:
        """From the scheduler where there is one; else by asking both ends."""
        path = "/_scheduler/docs/_replicator" + document(self._replication)
        scheduled = self._api.get(path)
        info = (scheduled or {}).get("info") or {}
        checkpoint = info.get("checkpointed_source_seq")
        pending = info.get("changes_pending")
        if pending is None and checkpoint is not None:
            newest = self._server.database(told["source"]).about()
            pending = max(0, number_of(newest.get("update_seq")) - number_of(checkpoint))
        if scheduled is None or pending is None:
            return self._measure(told, scheduled or {}, cursor, at)
        state = str(scheduled.get("state"))
        fine = not pending and state not in _FAILING
        return _Reading(
            pending=int(pending),
            state=state,
            checkpoint=checkpoint,
            in_step_at=scheduled.get("last_updated") if fine else None,
            failures=int(scheduled.get("error_count") or 0),
            why=str(info.get("error") or ""),
        )

    def _measure(self, told: Json, scheduled: Json, cursor: Json, at: datetime) -> _Reading:
        source = self._server.database(told["source"])
        target = self._server.database(told["target"])
        lag = lag_between(source, target, cursor.get("checkpoint") or 0)
        state = str(scheduled.get("state") or told.get("_replication_state") or "unknown")
        why = (scheduled.get("info") or {}).get("error") or told.get("_replication_state_reason")
        if lag.silence:
            state, why = "unreachable", lag.silence
        known = int((cursor.get("stream") or {}).get("consecutive_failures", 0))
        return _Reading(
            pending=lag.pending,
            state=state,
            checkpoint=lag.checkpoint,
            in_step_at=None if lag.pending or lag.silence else iso(at),
            failures=known + 1 if state in _FAILING else 0,
            why=str(why or ""),
        )

    def _stream(self, reading: _Reading, readers: Json, cursor: Json, at: datetime) -> Json:
        known = cursor.get("stream") or {}
        in_step = parse_instant(reading.in_step_at)
        standing = {name for kept in readers.values() for name in kept["open"]}
        lagging = (known.get("oldest_pending_at") or iso(at)) if reading.pending else None
        inbound = self._direction == "pull"
        return {
            "name": self.stream,
            "criticality": self._settings.get("criticality"),
            "pending_records": 0 if inbound else reading.pending,
            "oldest_pending_at": lagging,
            "inbound_lag_records": reading.pending if inbound else 0,
            "last_sync_ok_at": iso(in_step) if in_step else known.get("last_sync_ok_at"),
            "last_seq": str(reading.checkpoint or "")[:256] or None,
            "conflicts_open": len(standing),
            "consecutive_failures": reading.failures,
        }

    # -- conflicts

    def _conflicts(self, kept: Json, at: datetime) -> tuple[list[Json], Json]:
        """Of our own database, and of the other end where we may look and it can be reached."""
        places: Json = {"here": self._database}
        if self._settings.get("conflicts_at"):
            places["there"] = self._settings["conflicts_at"]
        found: list[Json] = []
        readers: Json = {}
        for place, endpoint in places.items():
            before = kept.get(place) or {}
            reader = ConflictReader(self._database, self._settings, before)
            try:
                found.extend(reader.read(self._server.database(endpoint), at=at))
            except AdapterError as error:
                if place == "here" or not is_link_down(error):
                    raise
                reader = ConflictReader(self._database, self._settings, before)
            readers[place] = reader.as_json()
        return found, readers

    def _blindness(self, kept: Json, at: datetime) -> list[Json]:
        """Once a day for as long as nobody here can see the conflicts that our pushes make."""
        day = f"{at:%Y-%m-%d}"
        sees = self._direction != "push" or self._settings.get("conflicts_at")
        if sees or kept["blind_on"] == day:
            return []
        kept["blind_on"] = day
        if self._is_pulled():
            return []
        session = self._session(f"invisible|{day}", iso(at), at, "partial")
        sample = INVISIBLE.format(replication=self._replication)
        return [session | _error("conflicts_invisible", sample)]

    def _is_pulled(self) -> bool:
        told = self._api.get("/_replicator/_all_docs", include_docs="true") or {}
        targets = [(row.get("doc") or {}).get("target") for row in told.get("rows") or ()]
        named = (one.get("url") if isinstance(one, dict) else one for one in targets)
        own = (self._database, str(self._settings["url"]).rstrip("/") + "/" + self._database)
        return any(str(one or "").rstrip("/") in own for one in named)

    # -- sessions

    def _sessions(self, before: Json, kept: Json, reading: _Reading, at: datetime) -> list[Json]:
        """The turn to failing, and each time that everything has gone over."""
        began = str((before.get("stream") or {}).get("oldest_pending_at") or iso(at))
        if kept["failing"] and not before.get("failing"):
            why = _SECRET.sub("//", reading.why) or f"The replication is {reading.state}."
            failed = self._session(f"failed|{iso(at)}", began, at, "failed")
            return [failed | _error(f"replication_{reading.state}", why)]
        if int(before.get("most", 0)) and not reading.pending and not kept["failing"]:
            moved = "records_in" if self._direction == "pull" else "records_out"
            done = self._session(f"ok|{began}|{iso(at)}", began, at, "ok")
            return [done | {moved: int(before["most"])}]
        return []

    def _session(self, mark: str, began: str, at: datetime, outcome: str) -> Json:
        started = parse_instant(began) or at
        return {
            "at": iso(at),
            "session_id": str(uuid5(_SPACE, f"{self._replication}|{mark}")),
            "stream": self.stream,
            "peer": self._replication[:128],
            "engine": "couchdb",
            "direction": "pull" if self._direction == "pull" else "push",
            "trigger": "schedule",
            "started_at": began,
            "ended_at": iso(at),
            "duration_ms": max(0, round((at - started).total_seconds() * 1000)),
            "outcome": outcome,
        }


def _is_passing(name: str) -> bool:
    """What the engine, or we, write into a replication document beside what people wrote."""
    return name in _NOT_KEPT or name.startswith("_replication_")


def _error(code: str, sample: str) -> Json:
    return {"errors": [{"code": code[:40], "count": 1, "sample": sample[:300]}]}
