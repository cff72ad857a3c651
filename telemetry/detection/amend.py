"""The second look: what the sites saw themselves while we did not hear them.

Their buffered reach ladder is the truth. Gateway failed: LAN or power. Gateway fine, internet
failed: the provider. Internet fine, centre failed: the centre or the tunnel to it. All fine: we
did not hear them although they could speak. The first verdict stays; this one is added.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_noop

Cause = Literal["lan_or_power", "provider", "centre_or_tunnel", "portal_path"]

EXPLANATIONS: dict[str, str] = {
    "lan_or_power": gettext_noop("The sites' own network or power failed"),
    "provider": gettext_noop("The sites' network provider failed"),
    "centre_or_tunnel": gettext_noop("The centre, or the tunnel to it, failed"),
    "portal_path": gettext_noop("Only the way to this portal failed; the sites went on working"),
}


@dataclass(frozen=True)
class Amendment:
    """What the returned sites' own probes say, and how many of them say it."""

    cause: Cause
    agreeing: int
    asked: int

    def sums(self) -> dict[str, Any]:
        """Write it as people are shown it."""
        return {"cause": self.cause, "agreeing": self.agreeing, "asked": self.asked}


def read_ladder(reach: Mapping[str, Any]) -> Cause | None:
    """Read one ladder from the bottom; None when it says too little."""
    answers = {name: bool(step.get("ok")) for name, step in reach.items() if isinstance(step, dict)}
    if answers.get("gateway") is False:
        return "lan_or_power"
    if answers.get("internet") is False:
        return "provider"
    if answers.get("central") is False:
        return "centre_or_tunnel"
    if answers.get("portal") is False and answers.get("central"):
        return "portal_path"
    return None


def amend(ladders: Iterable[Mapping[str, Any]]) -> Amendment | None:
    """Let the sites vote; None while none of them has anything to say."""
    votes = Counter(cause for ladder in ladders if (cause := read_ladder(ladder)))
    if not votes:
        return None
    cause, agreeing = votes.most_common(1)[0]
    return Amendment(cause, agreeing, votes.total())
