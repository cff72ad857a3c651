"""When an outage becomes intolerable, and what that makes of an asset. No database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise

INTOLERABLE = 4
Curve = Mapping[str, Mapping[timedelta, int]]


class Source(Enum):
    """Which answer made it intolerable."""

    MONEY = "money"
    DELAY = "delay"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Bearing:
    """The first intolerable moment, and why then."""

    after: timedelta
    source: Source
    category: str = ""


# Up to which first intolerable moment an asset belongs to a tier; the last takes the rest.
TIERS: tuple[tuple[int, timedelta | None], ...] = (
    (1, timedelta(hours=4)),
    (2, timedelta(hours=24)),
    (3, timedelta(hours=72)),
    (4, None),
)
LONGEST = timedelta(days=3650)


def first_intolerable(
    curve: Curve,
    *,
    loss_per_hour: Decimal | None,
    bearable_loss: Decimal | None,
    longest_delay: timedelta | None,
) -> Bearing | None:
    """The earliest of all answers; None where nothing that was said becomes intolerable."""
    found = [
        Bearing(after, Source.LEVEL, category)
        for category, points in curve.items()
        for after, level in points.items()
        if level >= INTOLERABLE
    ]
    if longest_delay is not None:
        found.append(Bearing(longest_delay, Source.DELAY))
    if loss_per_hour and bearable_loss is not None:
        hours = float(bearable_loss / loss_per_hour)
        if hours < LONGEST.total_seconds() / 3600:
            found.append(Bearing(timedelta(seconds=round(hours * 3600)), Source.MONEY))
    return min(found, key=lambda one: one.after, default=None)


def falls(points: Iterable[tuple[timedelta, int]]) -> bool:
    """Whether an answer says that a longer outage hurts less, which cannot be meant."""
    levels = [level for _after, level in sorted(points)]
    return any(later < earlier for earlier, later in pairwise(levels))


def tier(bears: timedelta | None) -> int | None:
    """The tier of an asset; unknown stays unknown."""
    if bears is None:
        return None
    return next(number for number, limit in TIERS if limit is None or bears <= limit)
