"""Verb that brings signals in step with what rules claim: news is written, the rest is not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bcp_portal.audit.verbs import verb
from telemetry.detection.outcome import Outcome
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import Claim, assert_claim, close_signal

OpenSignals = Mapping[tuple[str, str], Signal]


def open_signals(rules: Sequence[SignalRule]) -> OpenSignals:
    """The open signals of these rules, by rule and key."""
    found = Signal.objects.open().filter(rule__in=rules, is_exercise=False)
    return {(signal.rule, signal.key): signal for signal in found}


def is_news(claim: Claim, signal: Signal | None) -> bool:
    """Does a claim say more, or other, than its open signal?"""
    if signal is None:
        return True
    return (
        claim.severity != signal.severity
        or claim.parent_key != signal.parent_key
        or list(claim.site_ids) != signal.site_ids
        or claim.sums != signal.sums
    )


@verb
def write_outcomes(
    *,
    outcomes: Iterable[Outcome],
    still_open: OpenSignals,
    at: datetime,
    most: int | None = None,
) -> int:
    """Open, change and close; with `most`, what is left over follows in the next pass."""
    changed = 0
    for outcome in outcomes:
        claimed = set()
        for claim in outcome.claims:
            claimed.add(claim.key)
            if most is not None and changed >= most:
                continue
            if is_news(claim, still_open.get((claim.rule, claim.key))):
                assert_claim(claim=claim, at=at)
                changed += 1
        for (rule, key), signal in still_open.items():
            if most is not None and changed >= most:
                break
            if rule == outcome.rule and key not in claimed and not outcome.keep(key):
                changed += close_signal(signal=signal, at=at)
    return changed
