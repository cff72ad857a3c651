"""How far a replication is behind, found out without a scheduler: what the target lacks."""

from dataclasses import dataclass
from typing import Any

from siaga_agent.adapters.base import AdapterError
from siaga_agent.adapters.couchdb_api import CouchApi, is_link_down, number_of
from siaga_agent.store import Json

PAGE = 500
MOST_PAGES = 4


@dataclass(frozen=True)
class Lag:
    """What waits behind the last place in the source that the target is known to have."""

    pending: int
    checkpoint: Any
    # Why the target could not be asked; empty when it answered.
    silence: str = ""


def lag_between(source: CouchApi, target: CouchApi, checkpoint: Any) -> Lag:
    """Ask the target which of the source's newer revisions it lacks.

    PouchDB keeps no figures and hides its checkpoints, so we keep one of our own. While the
    target is away, everything after it counts: an estimate that errs upwards.
    """
    newest = number_of(source.about().get("update_seq"))
    if newest < number_of(checkpoint):
        checkpoint = 0  # the source was made anew
    try:
        return _compare(source, target, checkpoint, newest)
    except AdapterError as error:
        if not is_link_down(error):
            raise
        return Lag(max(0, newest - number_of(checkpoint)), checkpoint, silence=str(error))


def _compare(source: CouchApi, target: CouchApi, checkpoint: Any, newest: int) -> Lag:
    for _ in range(MOST_PAGES):
        told = source.get("/_changes", since=checkpoint, limit=PAGE, style="all_docs") or {}
        rows: list[Json] = told.get("results") or []
        wanted = {row["id"]: [one["rev"] for one in row["changes"]] for row in rows}
        missing = target.send("POST", "/_revs_diff", wanted) if wanted else {}
        if missing is None:
            raise AdapterError("refused", "The target database does not exist.")
        if missing:
            return Lag(*_first_gap(rows, missing, checkpoint, newest))
        checkpoint = told.get("last_seq", checkpoint)
        if len(rows) < PAGE:
            return Lag(0, checkpoint)
    return Lag(max(0, newest - number_of(checkpoint)), checkpoint)


def _first_gap(rows: list[Json], missing: Json, checkpoint: Any, newest: int) -> tuple[int, Any]:
    """Pending, and the place before the first document that the target lacks."""
    for row in rows:
        if row["id"] in missing:
            break
        checkpoint = row["seq"]
    unread = max(0, newest - number_of(rows[-1]["seq"]))
    return len(missing) + unread, checkpoint
