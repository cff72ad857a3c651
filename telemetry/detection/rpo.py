"""RPO clocks: they run on while a site is dark, and warn before the breach.

The clock of a stream runs out at `oldest_pending_at + rpo`, whoever is listening. A breach is
predicted when a quarter of the RPO is left (or what the place says instead); the warning ends
when twice that is free again. While we cannot see, what a silent site has synchronised meanwhile
is unknown: nothing is claimed about it, and what was claimed stays.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from telemetry.detection.facts import Fleet, SiteFacts, StreamFacts
from telemetry.detection.money import value_sums
from telemetry.detection.node_state import SUSPECT_AFTER, is_silent
from telemetry.detection.outcome import Outcome
from telemetry.models import SignalRule
from telemetry.services.signal import Claim


def headroom(stream: StreamFacts, at: datetime) -> timedelta | None:
    """Time until the RPO is exceeded; None: nothing waits, or nobody said what may be lost."""
    if stream.oldest_pending_at is None or stream.rpo is None:
        return None
    return stream.oldest_pending_at + stream.rpo - at


def rpo_claims(
    fleet: Fleet, parents: Mapping[int, str], *, is_blind: bool = False
) -> list[Outcome]:
    """Predicted and actual breaches, each under the outage that causes it, if there is one."""
    predicted: list[Claim] = []
    breached: list[Claim] = []
    kept: set[str] = set()
    for site, stream in _watched(fleet):
        left = headroom(stream, fleet.at)
        numbers = fleet.tuning.of(SignalRule.RPO_PREDICTED, site.pk, site.sector)
        if left is None or stream.rpo is None or not numbers.is_on:
            continue
        warn = numbers["warn_headroom"]
        key = f"{site.code}:{stream.name}"
        if is_blind and is_silent(site, fleet.at, periods=SUSPECT_AFTER):
            kept.add(key)
            continue
        if left < timedelta(0):
            breached.append(_claim(SignalRule.RPO_BREACHED, key, site, stream, parents, warn))
        elif left < stream.rpo * warn:
            predicted.append(_claim(SignalRule.RPO_PREDICTED, key, site, stream, parents, warn))
        elif left < stream.rpo * min(2 * warn, 0.95):
            kept.add(key)
    return [
        Outcome(SignalRule.RPO_PREDICTED, predicted, keep=kept.__contains__),
        Outcome(SignalRule.RPO_BREACHED, breached, keep=kept.__contains__),
    ]


def _watched(fleet: Fleet) -> Iterable[tuple[SiteFacts, StreamFacts]]:
    for site_id, streams in fleet.streams.items():
        site = fleet.sites.get(site_id)
        if site is not None:
            for stream in streams:
                yield site, stream


def _claim(
    rule: SignalRule,
    key: str,
    site: SiteFacts,
    stream: StreamFacts,
    parents: Mapping[int, str],
    warn: float,
) -> Claim:
    assert stream.oldest_pending_at is not None
    assert stream.rpo is not None
    due = stream.oldest_pending_at + stream.rpo
    is_over = rule is SignalRule.RPO_BREACHED
    urgent = 2 if site.criticality <= 2 else 3
    return Claim(
        rule=rule,
        key=key,
        parent_key=parents.get(site.pk, ""),
        severity=urgent if is_over else 3,
        title=gettext_noop("RPO of %(stream)s at %(site)s is exceeded")
        if is_over
        else gettext_noop("RPO of %(stream)s at %(site)s will be exceeded"),
        params={"stream": stream.name, "site": f"{site.code} {site.name}"},
        # Instants, not ages: the sums stay true, and the signal quiet, while the clock runs.
        sums={
            "oldest_pending_at": stream.oldest_pending_at.isoformat(),
            "rpo_s": stream.rpo.total_seconds(),
            "due_at": due.isoformat(),
            **value_sums(stream.pending_value_minor, stream.currency),
        },
        began_at=due if is_over else due - stream.rpo * warn,
        site_id=site.pk,
        region_id=site.region_id,
        device_id=stream.device_id,
        stream_id=stream.stream_id,
        asset_id=stream.asset_id,
        site_ids=(site.pk,),
    )
