"""The little statistics the rules need, in closed form."""

import math
from collections.abc import Sequence


def wilson_lower(hits: int, tries: int, z: float = 1.96) -> float:
    """The lower end of Wilson's interval: the least share that so many hits still allow."""
    if tries <= 0:
        return 0.0
    share = min(hits / tries, 1.0)
    middle = share + z * z / (2 * tries)
    half = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    return max(0.0, (middle - half) / (1 + z * z / tries))


def median(values: Sequence[float]) -> float:
    """The middle one; 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def poisson_tail(expected: float, seen: int) -> float:
    """P(Pois(expected) >= seen), summed in logarithms."""
    if seen <= 0:
        return 1.0
    expected = max(expected, 1e-9)
    log_mean = math.log(expected)
    # Beyond the mean the terms fall off at least by half each; fifty more change nothing.
    last = max(seen, int(expected * 2)) + 60
    terms = [i * log_mean - expected - math.lgamma(i + 1) for i in range(seen, last)]
    top = max(terms)
    return min(1.0, math.exp(top) * math.fsum(math.exp(term - top) for term in terms))


def robust_z(value: float, volume: float, base: Sequence[tuple[float, float]]) -> float | None:
    """How far a logarithm lies from its base, given its volume, in robust deviations.

    The slope is that of Theil and Sen (the median of the slopes between halves), the scale the
    median of the absolute deviations. None while there is too little to compare with.
    """
    if len(base) < MIN_BASE:
        return None
    slope = _slope(base)
    rests = [y - slope * x for y, x in base]
    middle = median(rests)
    # Two clocks of a millisecond differ by more than a MAD of nothing.
    scale = max(1.4826 * median([abs(rest - middle) for rest in rests]), LEAST_SCALE)
    return (value - slope * volume - middle) / scale


MIN_BASE = 12
LEAST_SCALE = 0.1


def _slope(base: Sequence[tuple[float, float]]) -> float:
    ordered = sorted(base, key=lambda pair: pair[1])
    half = len(ordered) // 2
    slopes = [
        (high[0] - low[0]) / (high[1] - low[1])
        for low, high in zip(ordered[:half], ordered[-half:], strict=True)
        if high[1] - low[1] > 0.1
    ]
    # A larger volume never makes a sync shorter.
    return min(max(median(slopes), 0.0), 1.0)
