"""Syncthing: one folder shared with one peer, as one stream.

With `maxConflicts` at 0 Syncthing keeps no copy of the losing edit: nobody will ever learn that
there was a conflict. That setting itself is the finding, "conflicts invisible".
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.adapters.syncthing_api import SyncthingApi, config_of
from siaga_agent.adapters.syncthing_conflicts import conflict_names, describe_conflict
from siaga_agent.adapters.syncthing_events import EventReader
from siaga_agent.clock import iso
from siaga_agent.store import Json

_SPACE = UUID("c0a1be0b-64e9-5dd0-9d0a-2b5b2a8d6a31")
INVISIBLE = (
    "maxConflicts=0 on folder {folder}: when both sides edit a file, the older edit is lost with "
    "no copy and no trace. Set it to -1 or to 1 or more."
)


class SyncthingAdapter:
    """Pending is what the peer still needs of our folder."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._folder, self._peer = str(settings["folder"]), str(settings["peer"])
        self.stream = str(settings.get("stream") or self._folder)
        self.name = str(settings.get("name") or f"syncthing:{self._folder}")
        self.streams: tuple[str, ...] = (self.stream,)
        self.every_s = look_every(settings)
        self._criticality = settings.get("criticality")
        # "device" stops everything shared with the peer, "folder" this folder alone.
        self._freeze_by = str(settings.get("freeze_by", "device"))
        self._api = SyncthingApi(
            str(settings["url"]),
            api_key=settings.get("api_key"),
            api_key_file=settings.get("api_key_file"),
        )

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Look once: figures, then everything that happened since the last look."""
        folder = self._api.get(config_of("folders", self._folder))
        if folder is None:
            raise AdapterError("no_folder", f"Syncthing has no folder {self._folder}.")
        link = self._api.get("/rest/system/connections")["connections"].get(self._peer, {})
        if folder.get("paused"):
            # Syncthing forgets a paused folder's figures; what waited then waits still.
            known = cursor.get("stream") or {"name": self.stream, "pending_records": 0}
            return Findings(streams=[known], cursor=cursor, frozen=frozenset({self.stream}))
        found = self._look(cursor, connected=bool(link.get("connected")), at=at)
        sessions = [*found.sessions]
        if folder.get("maxConflicts") == 0:
            sessions.append(self._invisible(at))
        frozen = frozenset({self.stream}) if link.get("paused") else frozenset[str]()
        return replace(found, sessions=sessions, frozen=frozen)

    def _look(self, cursor: Json, *, connected: bool, at: datetime) -> Findings:
        started = str(self._api.get("/rest/system/status")["startTime"])
        restarted = cursor.get("started") != started
        since = 0 if restarted else int(cursor.get("event", 0))
        needs = self._api.get("/rest/db/completion", folder=self._folder, device=self._peer) or {}
        inbound = self._api.get("/rest/db/status", folder=self._folder) or {}
        events = self._api.get("/rest/events", since=since, limit=1000, timeout=1) or []

        reader = EventReader(self.stream, self._folder, self._peer, cursor.get("reader") or {})
        sessions = reader.read(events, at=at)
        pending, size = needed(needs)
        reader.note_pending(pending, size, connected=connected, at=at)
        gap = restarted or (events and int(events[0]["id"]) > since + 1)
        conflicts = self._conflicts(reader.changed_names, everything=bool(gap), at=at)
        stream: Json = {
            "name": self.stream,
            "criticality": self._criticality,
            "pending_records": pending,
            "pending_bytes": size,
            "oldest_pending_at": reader.pending_since,
            "inbound_lag_records": int(inbound.get("needTotalItems", 0)),
            "last_sync_ok_at": reader.last_ok,
            "last_seq": str(inbound.get("sequence", "")) or None,
            "consecutive_failures": int(inbound.get("errors", 0)),
        }
        kept: Json = {
            "started": started,
            "event": int(events[-1]["id"]) if events else since,
            "reader": reader.as_json(),
            "stream": stream,
        }
        return Findings(streams=[stream], sessions=sessions, conflicts=conflicts, cursor=kept)

    def freeze(self, stream: str) -> None:
        """Pause; Syncthing keeps a pause in its configuration, so a restart does not lift it."""
        if self._freeze_by == "folder":
            self._api.patch(config_of("folders", self._folder), {"paused": True})
        else:
            self._api.post("/rest/system/pause", device=self._peer)

    def thaw(self, stream: str) -> None:
        """Resume."""
        if self._freeze_by == "folder":
            self._api.patch(config_of("folders", self._folder), {"paused": False})
        else:
            self._api.post("/rest/system/resume", device=self._peer)

    def _conflicts(self, changed: list[str], *, everything: bool, at: datetime) -> list[Json]:
        """From the events; from the whole folder where events may have been missed."""
        if everything:
            tree = self._api.get("/rest/db/browse", folder=self._folder)
            changed = changed + conflict_names(tree)
        found: list[Json] = []
        for name in dict.fromkeys(changed):
            described = describe_conflict(self._api, self._folder, name, at=at)
            if described is not None:
                found.append(described)
        return found

    def _invisible(self, at: datetime) -> Json:
        """Once a day for as long as it is so: the same id all day is stored once."""
        day = f"{at:%Y-%m-%d}"
        return {
            "at": iso(at),
            "session_id": str(uuid5(_SPACE, f"invisible|{self._folder}|{self._peer}|{day}")),
            "stream": self.stream,
            "peer": self._peer,
            "engine": "syncthing",
            "direction": "both",
            "started_at": iso(at),
            "ended_at": iso(at),
            "outcome": "partial",
            "errors": [
                {
                    "code": "conflicts_invisible",
                    "count": 1,
                    "sample": INVISIBLE.format(folder=self._folder),
                }
            ],
        }


def needed(completion: Json) -> tuple[int, int]:
    """What the peer still needs, in items and bytes.

    Of a peer that has never told us what it has (sequence 0), Syncthing says that it needs
    nothing; in truth it needs everything.
    """
    if not completion.get("sequence", 1):
        return int(completion.get("globalItems", 0)), int(completion.get("globalBytes", 0))
    items = int(completion.get("needItems", 0)) + int(completion.get("needDeletes", 0))
    return items, int(completion.get("needBytes", 0))
