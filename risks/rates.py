"""Likelihood that answers to history: a gamma prior, Poisson counts, and a band by its chance.

No database, no clock. A band of the matrix says “so often a year, from … to …”. What was believed
becomes a gamma distribution worth `PRIOR_YEARS` of looking; what was seen in so many years is
added; the band that then holds the median is proposed.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

# Upper ends of the five bands, in events a year, for a matrix that names none.
USUAL_EDGES = (0.1, 1 / 3, 1.0, 4.0)
# The rarest and the most frequent edge of a scale of another size.
SELDOM, OFTEN = USUAL_EDGES[0], USUAL_EDGES[-1]
PRIOR_YEARS = 1.0
# A proposal is made only when the rate lies beyond the present band with more than this chance.
SURE = 0.65
TINY = 1e-12


@dataclass(frozen=True)
class Posterior:
    """What is believed of a yearly rate after looking."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The rate, on average."""
        return self.alpha / self.beta

    def below(self, rate: float) -> float:
        """The chance that the rate is lower than this."""
        return gamma_cdf(self.alpha, rate * self.beta)

    def quantile(self, chance: float) -> float:
        """The rate that is not exceeded with this chance; by halving."""
        low, high = 0.0, max(1.0, self.mean)
        while self.below(high) < chance:
            high *= 2
        for _step in range(120):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < chance else (low, middle)
        return (low + high) / 2


@dataclass(frozen=True)
class Movement:
    """What history says about the band of a risk, with everything needed to check it by hand."""

    step_now: int
    step: int
    events: int
    years: float
    prior_alpha: float
    prior_beta: float
    alpha: float
    beta: float
    mean: float
    low: float
    high: float
    chances: list[float]

    @property
    def moves(self) -> bool:
        """Does history ask for another band?"""
        return self.step != self.step_now


def usual_edges(steps: int) -> tuple[float, ...]:
    """The edges of so many bands where nobody has named any: equally wide, as ratios go."""
    if steps == len(USUAL_EDGES) + 1:
        return USUAL_EDGES
    gaps = steps - 2
    ratio = (OFTEN / SELDOM) ** (1 / gaps)
    return tuple(SELDOM * ratio**place for place in range(gaps + 1))


def movement(
    *, step_now: int, events: int, years: float, edges: tuple[float, ...] = USUAL_EDGES
) -> Movement:
    """Weigh what was believed against what was seen."""
    if events < 0 or years <= 0:
        raise ValueError("Events are counted from zero, over a time that has passed.")
    prior_beta = PRIOR_YEARS
    prior_alpha = middle_of(step_now, edges) * PRIOR_YEARS
    seen = Posterior(prior_alpha + events, prior_beta + years)
    chances = band_chances(seen, edges)
    step = proposed_step(step_now, chances)
    return Movement(
        step_now=step_now,
        step=step,
        events=events,
        years=years,
        prior_alpha=prior_alpha,
        prior_beta=prior_beta,
        alpha=seen.alpha,
        beta=seen.beta,
        mean=seen.mean,
        low=seen.quantile(0.05),
        high=seen.quantile(0.95),
        chances=chances,
    )


def proposed_step(step_now: int, chances: list[float]) -> int:
    """The band with the median, if the rate very likely lies beyond the present one.

    By the median and not by the likeliest band, so that one event more never lowers the proposal.
    """
    below, above = sum(chances[: step_now - 1]), sum(chances[step_now:])
    if max(below, above) <= SURE:
        return step_now
    reached = 0.0
    for step, chance in enumerate(chances, start=1):
        reached += chance
        if reached >= 0.5:
            return step
    return len(chances)


def middle_of(step: int, edges: tuple[float, ...]) -> float:
    """The rate in the middle of a band, as ratios go; the outer bands are as wide as their
    neighbours."""
    first, last = edges[0] ** 2 / edges[1], edges[-1] ** 2 / edges[-2]
    ends = (first, *edges, last)
    return math.sqrt(ends[step - 1] * ends[step])


def band_chances(seen: Posterior, edges: tuple[float, ...]) -> list[float]:
    """The chance that each band holds the rate; together one."""
    below = [0.0, *(seen.below(edge) for edge in edges), 1.0]
    return [max(0.0, high - low) for low, high in pairwise(below)]


def gamma_cdf(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function: by its series, or its continued fraction."""
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return min(1.0, scale * _series(shape, x))
    return max(0.0, 1.0 - scale * _fraction(shape, x))


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    step = shape
    while term > total * TINY:
        step += 1
        term *= x / step
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1 / 1e-300, 1 / b
    found = d
    for step in range(1, 10_000):
        a = -step * (step - shape)
        b += 2
        d = 1 / _not_zero(a * d + b)
        c = _not_zero(b + a / c)
        found *= c * d
        if abs(c * d - 1) < TINY:
            break
    return found


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
