"""The quick look at what has just arrived: a breach is told without waiting for the next pass."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bcp_portal.audit.verbs import verb
from telemetry.detection.facts import Fleet, read_fleet
from telemetry.detection.integrity import MASS_SITES, integrity_claims, read_mismatches
from telemetry.detection.outcome import Outcome
from telemetry.detection.rpo import rpo_claims
from telemetry.detection.upkeep import repeated_failures
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import assert_claim
from telemetry.services.verdicts import is_news

# More than the clocks of two machines differ; what is seen twice is the same claim.
LOOK_BACK = timedelta(seconds=3)
LARGE = (SignalRule.CENTRAL_DOWN, SignalRule.NETWORK_OUTAGE)


@verb
def detect_news(*, at: datetime) -> str:
    """Open what the sites heard a moment ago give reason for; only the full pass closes."""
    fleet = read_fleet(at, heard_since=at - LOOK_BACK)
    if not fleet.sites:
        return "nobody was heard"
    claims = [claim for outcome in _ask(fleet) for claim in outcome.claims]
    known = Signal.objects.open().filter(key__in=[claim.key for claim in claims])
    still_open = {(signal.rule, signal.key): signal for signal in known}
    fresh = [claim for claim in claims if is_news(claim, still_open.get((claim.rule, claim.key)))]
    for claim in fresh:
        assert_claim(claim=claim, at=at)
    return f"{len(fresh)} signals, {len(fleet.sites)} sites"


def _ask(fleet: Fleet) -> Iterable[Outcome]:
    parents = {
        site_id: f"{rule}:{key}"
        for rule, key, site_ids in Signal.objects.open()
        .filter(rule__in=LARGE)
        .values_list("rule", "key", "site_ids")
        for site_id in site_ids
    }
    yield from rpo_claims(fleet, parents)
    yield repeated_failures(fleet, parents)
    mismatches = read_mismatches(fleet.at)
    # Whether many are one thing can only be said by the pass that sees them all.
    if len({item.site_id for item in mismatches}) < MASS_SITES:
        yield from integrity_claims(fleet, mismatches)
