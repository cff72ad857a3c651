"""Who would be called at every hour of the coming days, and where nobody would; no database."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

HOUR = timedelta(hours=1)
SEVERITIES = (1, 2, 3, 4)


@dataclass(frozen=True)
class Turn:
    """Somebody's turn of a duty, and whether any way leads to them."""

    starts_at: datetime
    ends_at: datetime
    stands_in: bool
    is_reachable: bool


def present(turn: Turn, absences: Iterable[tuple[datetime, datetime]]) -> Iterator[Turn]:
    """What is left of a turn when its person is away for some of it."""
    begins = turn.starts_at
    for leaves, returns in sorted(absences):
        if leaves > begins:
            yield replace(turn, starts_at=begins, ends_at=min(leaves, turn.ends_at))
        begins = max(begins, returns)
        if begins >= turn.ends_at:
            return
    yield replace(turn, starts_at=begins)


@dataclass(frozen=True)
class Duty:
    """The turns of a rotation; whoever stands in counts before whom they replace."""

    turns: tuple[Turn, ...]

    @cached_property
    def _edges(self) -> tuple[list[datetime], list[bool]]:
        """Moments at which it changes whether somebody is there, and what holds from then on."""
        edges = sorted({edge for turn in self.turns for edge in (turn.starts_at, turn.ends_at)})
        return edges, [self._asked(edge) for edge in edges]

    def _asked(self, at: datetime) -> bool:
        now = [turn for turn in self.turns if turn.starts_at <= at < turn.ends_at]
        standing_in = [turn for turn in now if turn.stands_in]
        return any(turn.is_reachable for turn in (standing_in or now))

    def reaches_at(self, at: datetime) -> bool:
        """Whether somebody with the duty could be reached at a moment."""
        edges, holds = self._edges
        place = bisect_right(edges, at) - 1
        return place >= 0 and holds[place]


@dataclass(frozen=True)
class RungFacts:
    """One level: how long it waits, for which severities it is, and who is behind it."""

    delay: timedelta
    only_for: int | None
    always: bool
    duties: tuple[Duty, ...]

    def counts_for(self, severity: int) -> bool:
        """Whether incidents of this severity come to this level; 1 is the worst."""
        return self.only_for is None or severity <= self.only_for

    def reaches_at(self, at: datetime) -> bool:
        """Whether a call to this level would reach somebody."""
        return self.always or any(duty.reaches_at(at) for duty in self.duties)


@dataclass(frozen=True)
class Moment:
    """What a policy does when it begins at one hour."""

    at: datetime
    reached: int
    first_is_empty: bool
    takes: timedelta


@dataclass(frozen=True)
class Gap:
    """From when until when nobody would be called."""

    starts_at: datetime
    ends_at: datetime
    severities: tuple[int, ...]


def counted(rungs: Iterable[RungFacts], severity: int) -> list[RungFacts]:
    """The levels that incidents of a severity come to; all of them where none is meant for it."""
    every = list(rungs)
    return [rung for rung in every if rung.counts_for(severity)] or every


def moment(rungs: Sequence[RungFacts], at: datetime) -> Moment:
    """Follow a policy from one hour on; a level that reaches nobody is not waited for."""
    waited, reached, first_is_empty = timedelta(0), 0, False
    for number, rung in enumerate(rungs):
        if rung.reaches_at(at + waited):
            reached += 1
            waited += rung.delay
        elif number == 0:
            first_is_empty = True
    return Moment(at, reached, first_is_empty, waited)


def walk(rungs: Sequence[RungFacts], severity: int, *, start: datetime, hours: int) -> list[Moment]:
    """Every hour from a moment on, for one severity."""
    asked = counted(rungs, severity)
    return [moment(asked, start + number * HOUR) for number in range(hours)]


def gaps(rungs: Sequence[RungFacts], *, start: datetime, hours: int) -> list[Gap]:
    """The stretches in which nobody would be called; severities with the same one together."""
    found: dict[tuple[datetime, datetime], list[int]] = {}
    for severity in SEVERITIES:
        for stretch in _stretches(walk(rungs, severity, start=start, hours=hours)):
            found.setdefault(stretch, []).append(severity)
    return [Gap(begins, ends, tuple(which)) for (begins, ends), which in sorted(found.items())]


def _stretches(moments: Iterable[Moment]) -> Iterator[tuple[datetime, datetime]]:
    begins = ends = None
    for one in moments:
        if one.reached == 0:
            begins, ends = begins or one.at, one.at + HOUR
        elif begins is not None and ends is not None:
            yield begins, ends
            begins = ends = None
    if begins is not None and ends is not None:
        yield begins, ends
