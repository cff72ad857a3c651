"""Losses in money: frequency times loss, simulated. No database, no clock, a fixed seed.

The same estimates give the same curve, on every machine: each risk draws from a stream of its own,
named by its code, so that adding a risk leaves the others' draws as they are. The draws may change
with a version of the portal, never between two looks at the same one.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

# A normal variable lies within this many deviations nine times out of ten.
Z90 = 1.6448536269514722
SEED = 20_260_101
YEARS = 100_000
# Above this rate the draws of one risk would fill the memory, and the estimate means nothing.
MOST_A_YEAR = 1_000.0
# Below this rate counting up from zero is quicker than the general method.
SELDOM = 12.0
# How many steps of that are taken for all years at once.
TOGETHER = 4
# A control that took everything away would make the loss without it endless.
MOST_CUT = 0.95
# How much weight a PERT distribution gives to the likely value.
PERT = 4.0
CURVE_POINTS = 60
# How many risks are drawn at the same time; more than a portal needs would starve its pages.
DRAWERS = 2
Losses = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bet:
    """What somebody who knows believes, nine times out of ten: how often, and how much."""

    name: str
    rate_low: float
    rate_high: float
    loss_low: float
    loss_high: float
    loss_likely: float = 0.0
    shape: Literal["lognormal", "pert"] = "lognormal"

    @property
    def rate(self) -> float:
        """How often a year, on average."""
        mu, sigma = log_normal(self.rate_low, self.rate_high)
        return math.exp(mu + sigma**2 / 2)

    @property
    def loss(self) -> float:
        """How much at a time, on average."""
        if self.shape == "pert":
            return (self.loss_low + PERT * self.loss_likely + self.loss_high) / (PERT + 2)
        mu, sigma = log_normal(self.loss_low, self.loss_high)
        return math.exp(mu + sigma**2 / 2)

    @property
    def yearly(self) -> float:
        """What it costs in an average year; exact, without any simulation."""
        return self.rate * self.loss


def log_normal(low: float, high: float) -> tuple[float, float]:
    """Mean and deviation of the logarithm, from an interval that holds nine times out of ten."""
    if not 0 < low <= high:
        raise ValueError("An interval has a positive lower and a higher upper end.")
    return (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * Z90)


def simulate(bet: Bet, *, years: int = YEARS) -> Losses:
    """The loss of each simulated year."""
    draw = np.random.Generator(np.random.SFC64([SEED, crc32(bet.name.encode())]))
    mu, sigma = log_normal(bet.rate_low, bet.rate_high)
    rates = draw.standard_normal(years, dtype=np.float32)
    rates *= sigma
    rates += mu
    np.exp(rates, out=rates)
    hit, times = _hits(draw, np.minimum(rates, MOST_A_YEAR, out=rates))
    if not hit.size:
        return np.zeros(years)
    when = np.repeat(hit, times)
    amounts = _amounts(bet, draw, when.size)
    together = np.bincount(when, weights=amounts, minlength=years)
    return together.astype(np.float64, copy=False)


def _hits(
    draw: np.random.Generator, rates: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The years in which it happens, and how often: by inversion where that is quicker."""
    if float(rates.max()) > SELDOM:
        counts = draw.poisson(rates)
        hit = np.flatnonzero(counts)
        return hit, counts[hit]
    drawn = draw.random(len(rates), dtype=np.float32)
    none = np.exp(-rates)
    hit = np.flatnonzero(drawn > none)
    rate, left, chance = (one[hit].astype(np.float64) for one in (rates, drawn, none))
    times = np.ones(len(hit), dtype=np.int64)
    reached = chance.copy()
    # The first steps over all of these years: leaving out those that are done would cost more.
    for count in range(1, TOGETHER):
        chance *= rate
        chance /= count
        reached += chance
        times += left > reached
    _go_on(times, np.flatnonzero(left > reached), rate, left, chance, reached)
    return hit, times


def _go_on(
    times: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    rate: Losses,
    left: Losses,
    chance: Losses,
    reached: Losses,
) -> None:
    """Count on where more happened than in most years."""
    rate, left, chance, reached = (one[places] for one in (rate, left, chance, reached))
    for count in range(TOGETHER, int(20 + 4 * SELDOM)):
        # Past any count that a float can tell from certainty there is nothing more to find.
        if not places.size:
            return
        chance *= rate / count
        reached += chance
        more = left > reached
        places = places[more]
        times[places] += 1
        rate, left, chance, reached = (one[more] for one in (rate, left, chance, reached))


def _amounts(bet: Bet, draw: np.random.Generator, size: int) -> Losses:
    if bet.shape == "pert":
        span = bet.loss_high - bet.loss_low
        if span <= 0:
            return np.full(size, bet.loss_low)
        a = 1 + PERT * (bet.loss_likely - bet.loss_low) / span
        b = 1 + PERT * (bet.loss_high - bet.loss_likely) / span
        spread: Losses = bet.loss_low + span * draw.beta(a, b, size)
        return spread
    mu, sigma = log_normal(bet.loss_low, bet.loss_high)
    amounts: Losses = np.exp(mu + sigma * draw.standard_normal(size, dtype=np.float32)).astype(
        np.float64
    )
    return amounts


def simulate_all(bets: Sequence[Bet], *, years: int = YEARS) -> Losses:
    """The loss of each simulated year over all risks, each on its own.

    Each has draws of its own and the sums are made in their order: however many draw at the same
    time, the figures are the same to the last bit.
    """
    together = np.zeros(years)
    draw = partial(simulate, years=years)
    with ThreadPoolExecutor(max_workers=DRAWERS) as drawers:
        # Few at a time: two hundred simulated portfolios need not lie in memory at once.
        for start in range(0, len(bets), DRAWERS * 4):
            for losses in drawers.map(draw, bets[start : start + DRAWERS * 4]):
                together += losses
    return together


@dataclass(frozen=True)
class Curve:
    """How likely a year is to cost more than so much, and what stands out of it."""

    mean: float
    median: float
    one_in_ten: float
    one_in_twenty: float
    one_in_hundred: float
    points: list[tuple[float, float]]

    def chance_above(self, loss: float) -> float:
        """The chance that a year costs more than this, read off the points."""
        places = [place for place, _chance in self.points]
        chances = [chance for _place, chance in self.points]
        return float(np.interp(loss, places, chances)) if places else 0.0


def exceedance(losses: Losses) -> Curve:
    """Turn simulated years into a curve; its points lie closer where losses are small."""
    ordered = np.sort(losses)
    years = len(ordered)
    top = float(ordered[-1])
    tenth, twentieth, hundredth = (float(np.quantile(ordered, q)) for q in (0.9, 0.95, 0.99))
    if top <= 0:
        return Curve(0.0, 0.0, 0.0, 0.0, 0.0, [(0.0, 0.0)])
    positive = ordered[ordered > 0]
    places = np.geomspace(float(positive[0]), top, CURVE_POINTS)
    above = 1.0 - np.searchsorted(ordered, places, side="right") / years
    return Curve(
        mean=float(losses.mean()),
        median=float(np.quantile(ordered, 0.5)),
        one_in_ten=tenth,
        one_in_twenty=twentieth,
        one_in_hundred=hundredth,
        points=[(float(x), float(y)) for x, y in zip(places, above, strict=True)],
    )


def without(bet: Bet, *, cut_frequency: float, cut_loss: float) -> Bet:
    """The same risk without a control that takes away these shares."""
    often = 1 / (1 - min(cut_frequency, MOST_CUT))
    much = 1 / (1 - min(cut_loss, MOST_CUT))
    return Bet(
        name=bet.name,
        rate_low=bet.rate_low * often,
        rate_high=bet.rate_high * often,
        loss_low=bet.loss_low * much,
        loss_high=bet.loss_high * much,
        loss_likely=bet.loss_likely * much,
        shape=bet.shape,
    )
