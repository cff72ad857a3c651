"""Does a session fit what is usual for its stream? Arithmetic only; the verb that folds asks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telemetry.detection.statistics import MIN_BASE, robust_z

KEEP = 40
# Before a share of hours means anything: two weeks of a sync every four hours.
MIN_HOURS = 84
HALVE_AT = 1000
# A session of a few milliseconds that takes three times as long is still nobody's business.
LEAST_MS = 1000


@dataclass(frozen=True)
class Odd:
    """Why a session does not fit, in numbers."""

    sums: dict[str, Any]


def logs(duration_ms: int, records: int) -> tuple[float, float]:
    """Duration and volume as logarithms: syncs differ by factors, not by seconds."""
    return round(math.log(max(duration_ms, 1)), 3), round(math.log1p(max(records, 0)), 3)


def hour_of_week(at: datetime, time_zone: str) -> int:
    """0 is Monday from midnight, by the site's own clock."""
    local = at.astimezone(ZoneInfo(time_zone))
    return local.weekday() * 24 + local.hour


def unusual(
    *,
    duration_ms: int | None,
    records: int,
    hour: int,
    recent: Sequence[Sequence[float]],
    hours: Mapping[str, int],
    limits: Mapping[str, float],
) -> Odd | None:
    """Whether duration (given the volume) or hour is unusual; None while we know too little."""
    base = [(float(pair[0]), float(pair[1])) for pair in recent]
    if duration_ms is not None and len(base) >= MIN_BASE:
        y, x = logs(duration_ms, records)
        z = robust_z(y, x, base)
        longest = max(duration_ms, math.exp(max(pair[0] for pair in base)))
        if z is not None and abs(z) >= limits["robust_z"] and longest >= LEAST_MS:
            return Odd({"robust_z": round(z, 1), "duration_ms": duration_ms, "base": len(base)})
    total = sum(hours.values())
    if total >= MIN_HOURS:
        # The hour itself and its neighbours: a sync at 08:59 is not a stranger to nine o'clock.
        near = sum(hours.get(str((hour + step) % 168), 0) for step in (-1, 0, 1))
        if near / total < limits["rare_hour"]:
            return Odd({"hour": hour, "near": near, "total": total})
    return None


def with_hour(hours: Mapping[str, int], hour: int) -> dict[str, int]:
    """One more session in that hour; old ones fade by halves."""
    counted = dict(hours)
    counted[str(hour)] = counted.get(str(hour), 0) + 1
    if sum(counted.values()) > HALVE_AT:
        counted = {key: count // 2 for key, count in counted.items() if count > 1}
    return counted
