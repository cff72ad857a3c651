"""Am I blind? Asked before anything is concluded from silence.

Arrivals against expected arrivals, our own probes of witnesses outside, and what the sites that
we do hear say about the centre, give one of six verdicts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telemetry.detection.facts import SiteFacts
from telemetry.detection.node_state import SUSPECT_AFTER, silent_for
from telemetry.models import NodeState
from telemetry.models.observer import UNSEEING, Sight

COLLAPSE = 0.2  # of the expected sites still heard: as good as everywhere
QUORUM = 0.5
MIN_SITES = 4
LATE_AFTER = 1.25  # heartbeat periods
# After blindness, or after we were stopped ourselves: so many are heard again, or they had so
# long, before silence means anything.
RESUMED = 0.9
COMING_BACK = timedelta(minutes=3)

_WAS_HEARD = frozenset(
    {NodeState.ONLINE, NodeState.CONNECTED, NodeState.SUSPECT, NodeState.UNKNOWN}
)


@dataclass(frozen=True)
class Probes:
    """What our own probes say; `central_ok` is None when the centre is not probed."""

    witnesses: int
    answered: int
    central_ok: bool | None


@dataclass(frozen=True)
class SightVerdict:
    """How well we see, and the sums."""

    sight: Sight
    arrivals: int
    expected: int
    sums: dict[str, Any]
    # Almost everybody is late: blindness may be coming, and nothing is concluded meanwhile.
    is_falling: bool = False

    @property
    def is_blind(self) -> bool:
        """Nothing may be concluded from silence."""
        return self.sight in UNSEEING


def judge(
    sites: Iterable[SiteFacts],
    probes: Probes,
    *,
    before: Sight,
    at: datetime,
    calm: int = 0,
    calm_says_ok: int = 0,
    resumed_at: datetime | None = None,
    woke_at: datetime | None = None,  # since when we watch again, after we had been stopped
    collapse: float = COLLAPSE,
    quorum: float = QUORUM,
) -> SightVerdict:
    """Weigh arrivals and probes. `calm` sites were heard and do not say that the centre fails."""
    expected = heard = punctual = calm
    says_ok, says_down = calm_says_ok, 0
    for site in sites:
        live = [d for d in site.devices if d.last_received_at and d.node_state in _WAS_HEARD]
        if not live or site.in_window:
            continue
        expected += 1
        fresh = [d for d in live if silent_for(d, at) < SUSPECT_AFTER]
        heard += bool(fresh)
        punctual += any(silent_for(d, at) < LATE_AFTER for d in live)
        says_ok += any(d.central_ok is True for d in fresh)
        says_down += bool(fresh) and all(d.central_ok is False for d in fresh)
    sums = {
        "expected": expected,
        "heard": heard,
        "witnesses": probes.witnesses,
        "answered": probes.answered,
        "central_fails_at": says_down,
        "central_works_at": says_ok,
    }
    returning = heard < expected * RESUMED
    if returning and woke_at is not None and at - woke_at < COMING_BACK:
        # They could not tell us anything while nobody listened: that is no silence of theirs.
        return SightVerdict(Sight.WAKING, heard, expected, sums | {"woke_at": woke_at.isoformat()})
    if expected >= MIN_SITES and heard / expected <= collapse:
        return SightVerdict(_collapsed(probes), heard, expected, sums)
    since = resumed_at or at
    if returning and before in (Sight.BLIND, Sight.INGRESS) and at - since < COMING_BACK:
        # They come back one by one, and those who have not yet are no outage of their own.
        return SightVerdict(before, heard, expected, sums | {"resumed_at": since.isoformat()})
    is_falling = expected >= MIN_SITES and punctual / expected <= collapse
    asked = says_ok + says_down
    if asked >= MIN_SITES and says_down / asked >= _needed(quorum, before):
        return SightVerdict(Sight.CENTRAL, heard, expected, sums, is_falling)
    fine = Sight.CLEAR if probes.witnesses else Sight.UNWATCHED
    return SightVerdict(fine, heard, expected, sums, is_falling)


def _needed(quorum: float, before: Sight) -> float:
    # Clear later than raise: a centre that is coming back is not reported up and down again.
    return quorum / 2 if before is Sight.CENTRAL else quorum


def _collapsed(probes: Probes) -> Sight:
    """Everybody is silent: is it us, our door, or the centre?"""
    if probes.answered == 0:
        # Without witnesses we cannot tell; not knowing is being blind.
        return Sight.BLIND
    return Sight.CENTRAL if probes.central_ok is False else Sight.INGRESS
