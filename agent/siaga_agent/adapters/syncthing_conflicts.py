"""Syncthing's conflict copies: their names, and the two versions behind one."""

import hashlib
import re
from datetime import datetime
from typing import Any

from siaga_agent.adapters.syncthing_api import SyncthingApi
from siaga_agent.adapters.syncthing_events import whole_micros
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_NAME = re.compile(
    r"^(?P<stem>.*)\.sync-conflict-(?P<day>\d{8})-(?P<time>\d{6})-(?P<source>[A-Z2-7]{7})"
    r"(?P<ending>\.[^./]*)?$"
)


def original_of(name: str) -> str | None:
    """The file a conflict copy belongs to; None when the name is not a copy's."""
    match = _NAME.match(name)
    return None if match is None else match["stem"] + (match["ending"] or "")


def conflict_names(tree: Any, prefix: str = "") -> list[str]:
    """Every conflict copy in a folder's tree, as `/rest/db/browse` tells it."""
    found: list[str] = []
    for entry in tree if isinstance(tree, list) else []:
        name = prefix + str(entry.get("name", ""))
        if original_of(name) is not None:
            found.append(name)
        found.extend(conflict_names(entry.get("children"), f"{name}/"))
    return found


def describe_conflict(api: SyncthingApi, folder: str, name: str, *, at: datetime) -> Json | None:
    """The conflict behind one copy; None when it is no copy, or gone again.

    The id depends on the folder and the copy's name alone: every site that gets the copy tells
    of the same case.
    """
    match = _NAME.match(name)
    original = original_of(name)
    if match is None or original is None:
        return None
    copy = api.get("/rest/db/file", folder=folder, file=name)
    if not copy or copy["global"].get("deleted"):
        return None
    winner = api.get("/rest/db/file", folder=folder, file=original) or {}
    told = hashlib.sha256(f"{folder}\0{name}".encode()).hexdigest()[:40]
    return {
        "at": iso(at),
        "conflict_id": f"syncthing-{told}",
        "entity": folder[:64],
        "key": original[-256:],
        "fields": ["content"],
        "versions": [
            _version(winner.get("global") or {}, "winner", "current"),
            _version(copy["global"], match["source"], f"{match['day']}-{match['time']}"),
        ],
        "provisional_winner": 0,
        "rule": "latest wins",
    }


def _version(told: Json, source: str, rev: str) -> Json:
    """One version. A file that is gone is a version too: its deletion won."""
    modified = parse_instant(whole_micros(told.get("modified")))
    version: Json = {
        "source": str(told.get("modifiedBy") or source) if source == "winner" else source,
        "rev": rev,
        "values": {
            "size": told.get("size", 0),
            "deleted": bool(told.get("deleted", not told)),
        },
    }
    return version if modified is None else version | {"wall_at": iso(modified)}
