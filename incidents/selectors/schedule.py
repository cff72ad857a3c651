"""Read model of the schedule: who has which duty on each of the coming days, and the gaps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcp_portal.accounts.models import User
from incidents.models import Rotation, Shift

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


def schedule_page(rotations: Iterable[Rotation], *, at: datetime, today: datetime) -> SchedulePage:
    """Gather the schedule from the reader's midnight on; rotations come with their turns."""
    rotations = list(rotations)
    days = [today + timedelta(days=number) for number in range(DAYS)]
    return SchedulePage(
        days=days,
        rows=[_row(rotation, days, at=at) for rotation in rotations],
        loads=_loads([shift for one in rotations for shift in one.shifts.all()], at=at),
    )


def _row(rotation: Rotation, days: list[datetime], *, at: datetime) -> DutyRow:
    turns = sorted(rotation.shifts.all(), key=lambda shift: (shift.starts_at, shift.pk))
    found = [_day(turns, day, at=at) for day in days]
    gap = sum((one.gap for one in found), timedelta(0))
    return DutyRow(rotation, found, rotation.on_call_at(at), gap)


def _day(turns: list[Shift], day: datetime, *, at: datetime) -> DutyDay:
    ends = day + timedelta(days=1)
    touching = [turn for turn in turns if turn.starts_at < ends and turn.ends_at > day]
    covered, free = max(day, at), timedelta(0)
    for turn in touching:
        if turn.starts_at > covered:
            free += turn.starts_at - covered
        covered = max(covered, turn.ends_at)
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
