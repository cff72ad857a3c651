"""What achievements say about a target: the state, the count and the honest bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt
from statistics import median

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# A proof goes stale after a year: people, machines and data have changed since.
FRESH_FOR = timedelta(days=365)
# Two-sided 95 %, as in the Wilson score interval.
Z = 1.959964


class ProofState(TextChoices):
    """How far a target can be believed."""

    PROVEN = "proven", _("Proven")
    STALE = "stale", _("Stale")
    CLAIMED = "claimed", _("Claimed")
    DISPROVED = "disproved", _("Disproved")
    UNKNOWN = "unknown", _("Unknown")


@dataclass(frozen=True, slots=True)
class Trial:
    """One measured recovery."""

    achieved: timedelta
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A target beside what was really achieved."""

    state: ProofState
    trials: int = 0
    met: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None
    latest: timedelta | None = None
    latest_at: datetime | None = None
    at_least: int | None = None


def prove(target: timedelta | None, trials: Sequence[Trial], *, at: datetime) -> Proof:
    """Judge all trials by the target as it is now.

    The latest one decides: a missed recovery disproves a target until a later one meets it.
    """
    if not trials:
        return Proof(ProofState.UNKNOWN if target is None else ProofState.CLAIMED)
    ordered = sorted(trials, key=lambda trial: trial.happened_at)
    spans = sorted(trial.achieved for trial in ordered)
    latest = ordered[-1]
    met = 0 if target is None else sum(1 for span in spans if span <= target)
    return Proof(
        state=_state(target, latest, at=at),
        trials=len(spans),
        met=met,
        median=timedelta(seconds=median(span.total_seconds() for span in spans)),
        # The nearest rank: one of the real recoveries, never an average of two.
        p90=spans[ceil(0.9 * len(spans)) - 1],
        latest=latest.achieved,
        latest_at=latest.happened_at,
        at_least=None if target is None else honest_bound(met, len(spans)),
    )


def honest_bound(met: int, trials: int) -> int:
    """The share of recoveries that may at least be expected to meet the target, in per cent.

    The lower end of the Wilson score interval at 95 %: after three of three it is 44 %, not 100 %.
    """
    if trials == 0:
        return 0
    share, square = met / trials, Z * Z
    centre = share + square / (2 * trials)
    spread = Z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return round(100 * max(centre - spread, 0.0) / (1 + square / trials))


def _state(target: timedelta | None, latest: Trial, *, at: datetime) -> ProofState:
    if target is None:
        return ProofState.UNKNOWN
    if latest.achieved > target:
        return ProofState.DISPROVED
    return ProofState.PROVEN if at - latest.happened_at <= FRESH_FOR else ProofState.STALE
