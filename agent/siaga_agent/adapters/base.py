"""What every sync engine's adapter offers: samples, sessions, conflicts, freeze and thaw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from siaga_agent.store import Json

LOOK_EVERY_S = 5.0


class AdapterError(Exception):
    """The engine could not be asked or did not obey; the text says what happened."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Findings:
    """What one look at an engine found.

    `cursor` is remembered in the same transaction as the sessions and conflicts, so that a
    killed agent neither repeats nor skips one.
    """

    streams: Sequence[Json] = ()
    sessions: Sequence[Json] = ()
    conflicts: Sequence[Json] = ()
    cursor: Json = field(default_factory=dict)
    frozen: frozenset[str] = frozenset()
    app: Json | None = None
    backup: Json | None = None


def look_every(settings: Mapping[str, Any]) -> float:
    """The setting `every_s`, at least half a second."""
    return max(0.5, float(settings.get("every_s", LOOK_EVERY_S)))


class Adapter(Protocol):
    """One engine, looked at every few seconds."""

    name: str
    # The names of its streams, known before the engine is asked: a dead engine has them too.
    streams: tuple[str, ...]
    # Seconds between two looks.
    every_s: float

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Look once; raise AdapterError when the engine cannot be asked."""

    def freeze(self, stream: str) -> None:
        """Stop this stream from syncing, in a way that survives a restart of the engine."""

    def thaw(self, stream: str) -> None:
        """Let this stream sync again."""
