"""Am I blind? Asked before anything is concluded from silence.

Arrivals against expected arrivals, our own probes of witnesses outside, and what the sites that
we do hear say about the centre, give one of five verdicts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry.detection.facts import SiteFacts
from telemetry.detection.node_state import SUSPECT_AFTER, silent_for
from telemetry.models import NodeState
from telemetry.models.observer import Sight

COLLAPSE = 0.2  # of the expected sites still heard: as good as everywhere
QUORUM = 0.5
MIN_SITES = 4

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

    @property
    def is_blind(self) -> bool:
        """Nothing may be concluded from silence."""
        return self.sight in (Sight.BLIND, Sight.INGRESS)


def judge(
    sites: Iterable[SiteFacts],
    probes: Probes,
    *,
    before: Sight,
    at: datetime,
    collapse: float = COLLAPSE,
    quorum: float = QUORUM,
) -> SightVerdict:
    """Weigh arrivals and probes."""
    expected = heard = says_ok = says_down = 0
    for site in sites:
        live = [d for d in site.devices if d.last_received_at and d.node_state in _WAS_HEARD]
        if not live or site.in_window:
            continue
        expected += 1
        fresh = [d for d in live if silent_for(d, at) < SUSPECT_AFTER]
        heard += bool(fresh)
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
    collapsed = expected >= MIN_SITES and heard / expected <= collapse
    if collapsed:
        return SightVerdict(_collapsed(probes), heard, expected, sums)
    asked = says_ok + says_down
    if asked >= MIN_SITES and says_down / asked >= _needed(quorum, before):
        return SightVerdict(Sight.CENTRAL, heard, expected, sums)
    fine = Sight.CLEAR if probes.witnesses else Sight.UNWATCHED
    return SightVerdict(fine, heard, expected, sums)


def _needed(quorum: float, before: Sight) -> float:
    # Clear later than raise: a centre that is coming back is not reported up and down again.
    return quorum / 2 if before is Sight.CENTRAL else quorum


def _collapsed(probes: Probes) -> Sight:
    """Everybody is silent: is it us, our door, or the centre?"""
    if probes.answered == 0:
        # Without witnesses we cannot tell; not knowing is being blind.
        return Sight.BLIND
    return Sight.CENTRAL if probes.central_ok is False else Sight.INGRESS
