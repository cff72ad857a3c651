"""Is the engine turning? Asked by health checks, the banner, the watchdog and the sites."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from bcp_portal.engine import schedule
from bcp_portal.engine.models import SweepMark

CYCLE = "engine.cycle"
# When a synthetic alert last came through the whole chain; one is sent every minute.
ROUND_TRIP = "canary.round_trip"
CANARY_LATE_AFTER_S = 180.0


@dataclass(frozen=True)
class Pulse:
    """The last completed cycle of any engine."""

    last_cycle_at: datetime | None
    age_s: float | None
    is_fresh: bool


def engine_pulse(at: datetime) -> Pulse:
    """Read the pulse; an engine that never completed a cycle is not fresh."""
    mark = SweepMark.objects.filter(name=CYCLE).first()
    if mark is None:
        return Pulse(None, None, is_fresh=False)
    return Pulse(mark.ran_at, round(mark.age(at), 3), is_fresh=is_fresh_at(mark.ran_at, at=at))


def is_fresh_at(last_cycle_at: datetime | None, *, at: datetime) -> bool:
    """Whether a cycle that was completed then still counts as turning."""
    return last_cycle_at is not None and at - last_cycle_at < settings.ENGINE_STALE_AFTER


def canary_age(at: datetime) -> float | None:
    """Seconds since a synthetic alert last came through; None if none ever did."""
    mark = SweepMark.objects.filter(name=ROUND_TRIP).first()
    return None if mark is None else round(mark.age(at), 3)


def is_canary_late(at: datetime) -> bool:
    """Whether the chain from signal to alert has been silent too long; a new one is not late."""
    age = canary_age(at)
    return age is not None and age > CANARY_LATE_AFTER_S


def late_sweeps(at: datetime) -> list[str]:
    """Name the sweeps whose mark is older than three of their periods and ten seconds."""
    marks = SweepMark.objects.in_bulk()
    return [
        sweep.name
        for sweep in schedule.SWEEPS
        if sweep.name in marks and marks[sweep.name].age(at) > 3 * sweep.every_s + 10
    ]
