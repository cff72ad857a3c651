"""What another escalation policy would have meant: the same people, as quick as they were.

The calls of an incident are walked through again under another policy. Who answered in fact takes
as long from being called to answering as then; who did not answer then does not answer now; who was
never called is unknown and is not counted on. No database, no clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# A policy that calls for days answers nothing more.
MOST_RUNGS = 200


@dataclass(frozen=True)
class Answer:
    """Somebody who answered in fact: first called, and answered."""

    person: int
    name: str
    called_at: datetime
    answered_at: datetime

    @property
    def took(self) -> timedelta:
        """From the call to the answer."""
        return max(self.answered_at - self.called_at, timedelta())


@dataclass(frozen=True)
class Rung:
    """One call of the walk: after how long, and who would have heard it."""

    level: int
    loop: int
    called_at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """The answer under another policy; without one nobody on it is known to have answered."""

    began_at: datetime
    rungs: tuple[Rung, ...]
    answer: Answer | None = None
    called_at: datetime | None = None

    @property
    def answered_at(self) -> datetime | None:
        """When the first answer would have come."""
        if self.answer is None or self.called_at is None:
            return None
        return self.called_at + self.answer.took


Resolve = Callable[[Sequence[dict[str, Any]], datetime], Sequence[tuple[int, str]]]


def replay_calls(
    snapshot: Mapping[str, Any], *, began_at: datetime, answers: Sequence[Answer], resolve: Resolve
) -> Replay:
    """Walk the rungs of a policy until the first answer would have come."""
    known = {answer.person: answer for answer in answers}
    best: tuple[datetime, Answer, datetime] | None = None
    rungs: list[Rung] = []
    heard: set[int] = set()
    moment = began_at
    for loop, level, rung in _walk(snapshot):
        # A rung that comes after the first answer is never called.
        if best is not None and moment >= best[0]:
            break
        people = list(resolve(rung["targets"], moment))
        rungs.append(Rung(level + 1, loop, moment, tuple(name for _pk, name in people)))
        for pk, _name in people:
            if pk in heard or pk not in known:
                continue
            heard.add(pk)
            answer = known[pk]
            if best is None or moment + answer.took < best[0]:
                best = (moment + answer.took, answer, moment)
        # The engine does not wait on a rung where nobody stands.
        moment += timedelta(seconds=float(rung["delay_s"])) if people else timedelta()
    if best is None:
        return Replay(began_at, tuple(rungs))
    return Replay(began_at, tuple(rungs), answer=best[1], called_at=best[2])


def _walk(snapshot: Mapping[str, Any]) -> "Sequence[tuple[int, int, dict[str, Any]]]":
    levels = list(snapshot.get("levels", []))
    rounds = int(snapshot.get("repeat_count", 0)) + 1
    walk = [(loop, level, rung) for loop in range(rounds) for level, rung in enumerate(levels)]
    return walk[:MOST_RUNGS]
