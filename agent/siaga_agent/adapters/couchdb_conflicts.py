"""Conflicts in one database: documents with more than one live revision, followed by `_changes`."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from siaga_agent.adapters.couchdb_api import CouchApi, document, number_of
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

PAGE = 500
MOST_PAGES = 4
MOST_OPEN = 2000
MOST_VERSIONS = 8


class ConflictReader:
    """Reads on from where it was; knows which documents stand in conflict now."""

    def __init__(self, entity: str, settings: Mapping[str, Any], kept: Json) -> None:
        self._entity = entity
        self._source_field = str(settings.get("source_field", "site"))
        self._time_field = str(settings.get("time_field", "updated_at"))
        self._since: Any = kept.get("since", 0)
        self.open: list[str] = list(kept.get("open") or ())

    def as_json(self) -> Json:
        """For the cursor."""
        return {"since": self._since, "open": self.open}

    def read(self, database: CouchApi, *, at: datetime) -> list[Json]:
        """The conflicts among the documents that changed since the last look."""
        about = database.about()
        if number_of(about.get("update_seq")) < number_of(self._since):
            self._since, self.open = 0, []  # the database was made anew
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            told = database.get("/_changes", since=self._since, limit=PAGE, style="all_docs") or {}
            rows = told.get("results") or []
            for row in rows:
                found.extend(self._look_at(database, row, at))
            self._since = told.get("last_seq", self._since)
            if len(rows) < PAGE:
                break
        return found

    def _look_at(self, database: CouchApi, row: Json, at: datetime) -> list[Json]:
        name = str(row["id"])
        if len(row.get("changes") or ()) < 2 and name not in self.open:
            return []
        winner = database.get(document(name), conflicts="true") or {}
        losing = [str(rev) for rev in winner.get("_conflicts") or ()]
        if not losing:
            self.open = [other for other in self.open if other != name]
            return []
        if name not in self.open and len(self.open) < MOST_OPEN:
            self.open.append(name)
        losers = [
            database.get(document(name), rev=rev) or {"_rev": rev}
            for rev in losing[: MOST_VERSIONS - 1]
        ]
        return [self._describe(name, [winner, *losers], at)]

    def _describe(self, name: str, documents: list[Json], at: datetime) -> Json:
        """The id is the same at every site, as the losing revisions are."""
        first_loser = min(str(one["_rev"]) for one in documents[1:])
        told = f"{self._entity}\0{name}\0{first_loser}"
        values = [_values(one) for one in documents]
        names = sorted({field for one in values for field in one})
        differing = [n for n in names if len({repr(one.get(n)) for one in values}) > 1]
        return {
            "at": iso(at),
            "conflict_id": f"couchdb-{hashlib.sha256(told.encode()).hexdigest()[:40]}",
            "entity": self._entity[:64],
            "key": name[-256:],
            "fields": differing[:64],
            "versions": [self._version(one, n) for n, one in enumerate(documents)],
            "provisional_winner": 0,
            "rule": "longest history wins",
        }

    def _version(self, told: Json, place: int) -> Json:
        source = told.get(self._source_field)
        version: Json = {
            "source": str(source or ("winner" if place == 0 else f"other-{place}")),
            "rev": str(told["_rev"]),
            "values": _values(told),
        }
        written = parse_instant(told.get(self._time_field))
        return version if written is None else version | {"wall_at": iso(written)}


def _values(told: Json) -> Json:
    return {name: value for name, value in told.items() if not name.startswith("_")}
