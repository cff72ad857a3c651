"""Read model of the schedule: who has which duty on each of the coming days, and the gaps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcp_portal.accounts.models import User
from incidents.call_lint import Turn, present
from incidents.models import Absence, Rotation, Shift
from incidents.selectors.absence import coming_absences

DAYS = 14


@dataclass(frozen=True)
class DutyDay:
    """One day of a duty."""

    day: datetime
    names: list[str]
    stands_in: bool
    gap: timedelta


@dataclass(frozen=True)
class DutyRow:
    """A duty over the coming days."""

    rotation: Rotation
    days: list[DutyDay]
    now: list[User]
    gap: timedelta


@dataclass(frozen=True)
class Load:
    """How much of the last thirty and the coming fourteen days one person carries."""

    person: User
    past_h: float
    coming_h: float


@dataclass(frozen=True)
class SchedulePage:
    """Every duty, and how fairly it is shared."""

    days: list[datetime]
    rows: list[DutyRow]
    loads: list[Load]
    away: list[Absence]


def schedule_page(rotations: Iterable[Rotation], *, at: datetime, today: datetime) -> SchedulePage:
    """Gather the schedule from the reader's midnight on; rotations come with their turns."""
    rotations = list(rotations)
    days = [today + timedelta(days=number) for number in range(DAYS)]
    people = {shift.user_id for one in rotations for shift in one.shifts.all()}
    absences = coming_absences(people, at=at, days=DAYS)
    return SchedulePage(
        days=days,
        rows=[_row(rotation, days, absences, at=at) for rotation in rotations],
        loads=_loads([shift for one in rotations for shift in one.shifts.all()], at=at),
        away=absences,
    )


def _row(
    rotation: Rotation, days: list[datetime], absences: list[Absence], *, at: datetime
) -> DutyRow:
    away = {one.user_id for one in absences if one.starts_at <= at < one.ends_at}
    turns = sorted(rotation.shifts.all(), key=lambda shift: (shift.starts_at, shift.pk))
    spans = _present(turns, absences)
    found = [_day(turns, spans, day, at=at) for day in days]
    gap = sum((one.gap for one in found), timedelta(0))
    return DutyRow(rotation, found, rotation.on_call_at(at, away=away), gap)


def _present(turns: list[Shift], absences: Iterable[Absence]) -> list[tuple[datetime, datetime]]:
    """When somebody with the duty is there, absences taken off."""
    spans = []
    for shift in turns:
        gone = [(a.starts_at, a.ends_at) for a in absences if a.user_id == shift.user_id]
        turn = Turn(shift.starts_at, shift.ends_at, shift.is_override, is_reachable=True)
        spans += [(piece.starts_at, piece.ends_at) for piece in present(turn, gone)]
    return sorted(spans)


def _day(
    turns: list[Shift], spans: list[tuple[datetime, datetime]], day: datetime, *, at: datetime
) -> DutyDay:
    ends = day + timedelta(days=1)
    touching = [turn for turn in turns if turn.starts_at < ends and turn.ends_at > day]
    covered, free = max(day, at), timedelta(0)
    for begins, until in spans:
        if begins < ends and until > day:
            free += max(begins - covered, timedelta(0))
            covered = max(covered, until)
    free += max(ends - covered, timedelta(0))
    names = list(dict.fromkeys(turn.user.name for turn in touching))
    return DutyDay(day, names, any(turn.is_override for turn in touching), free)


def _loads(shifts: list[Shift], *, at: datetime) -> list[Load]:
    people = {shift.user_id: shift.user for shift in shifts}
    since, until = at - timedelta(days=30), at + timedelta(days=DAYS)

    def hours(pk: int, start: datetime, end: datetime) -> float:
        mine = [shift for shift in shifts if shift.user_id == pk]
        spans = (min(s.ends_at, end) - max(s.starts_at, start) for s in mine)
        return sum(max(span.total_seconds(), 0.0) for span in spans) / 3600

    loads = [Load(user, hours(pk, since, at), hours(pk, at, until)) for pk, user in people.items()]
    return sorted(loads, key=lambda load: -(load.past_h + load.coming_h))
