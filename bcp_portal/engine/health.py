"""Is the engine turning? Asked by health checks, the banner, the watchdog and the sites."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from bcp_portal.engine.models import SweepMark

CYCLE = "engine.cycle"


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
    age = mark.age(at)
    return Pulse(
        mark.ran_at, round(age, 3), is_fresh=age < settings.ENGINE_STALE_AFTER.total_seconds()
    )
