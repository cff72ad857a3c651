"""The detection pass: read the fleet once, let every rule speak, write what changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bcp_portal.audit.verbs import verb
from bcp_portal.live.services import publish
from telemetry.detection.amend import amend
from telemetry.detection.facts import Fleet, read_fleet
from telemetry.detection.integrity import integrity_claims, read_mismatches
from telemetry.detection.outcome import Outcome
from telemetry.detection.rpo import rpo_claims
from telemetry.detection.sight import SightVerdict, judge
from telemetry.detection.silence import centre, network_outages, silent_sites, unstable_links
from telemetry.detection.upkeep import missed_pings, odd_devices, repeated_failures
from telemetry.models import ObserverState, Sample, Signal, SignalRule
from telemetry.models.observer import Sight
from telemetry.services.fleet_state import write_device_states, write_site_states
from telemetry.services.observer import read_probes
from telemetry.services.signal import Claim, assert_claim, close_signal

AMEND_WITHIN = timedelta(minutes=30)
# Rules that another pass than this one opens and closes.
FOREIGN = (SignalRule.EXTERNAL, SignalRule.CANARY, SignalRule.AUDIT_MISMATCH)
OpenSignals = Mapping[tuple[str, str], Signal]


@verb
def detect(*, at: datetime) -> str:
    """Bring states and signals in step with what the sites have said, and with their silence."""
    # Before the fleet: what the quick look opens meanwhile rests on facts that are not read here.
    still_open = {
        (signal.rule, signal.key): signal
        for signal in Signal.objects.open().exclude(rule__in=FOREIGN).filter(is_exercise=False)
    }
    fleet = read_fleet(at)
    sight = _look_at_ourselves(fleet, at=at)
    states = write_device_states(fleet=fleet, is_blind=sight.is_blind, at=at)
    outcomes = _ask_the_rules(fleet, sight, still_open)
    changed = _write(outcomes, still_open, at=at)
    rolled = write_site_states(fleet=fleet, states=states, at=at)
    amended = _amend_recent(at=at)
    return f"{changed} signals, {rolled} sites, {amended} amended"


def _look_at_ourselves(fleet: Fleet, *, at: datetime) -> SightVerdict:
    state = ObserverState.objects.filter(pk=1).first()
    before = Sight(state.sight) if state else Sight.UNWATCHED
    verdict = judge(fleet.sites.values(), read_probes(at), before=before, at=at)
    if state is None:
        state = ObserverState(pk=1, since=at)
    if state.sight != verdict.sight or state._state.adding:
        state.since = at
        publish(topic="banners", kind=verdict.sight, at=at)
    elif state.arrivals == verdict.arrivals and state.expected == verdict.expected:
        return verdict
    state.sight, state.checked_at = verdict.sight, at
    state.arrivals, state.expected, state.sums = verdict.arrivals, verdict.expected, verdict.sums
    state.save()
    return verdict


def _ask_the_rules(fleet: Fleet, sight: SightVerdict, still_open: OpenSignals) -> list[Outcome]:
    outcomes = centre(fleet, sight, {rule: s for (rule, _key), s in still_open.items()})
    quiet = sight.is_blind or (sight.sight is Sight.CENTRAL and sight.arrivals == 0)
    network = Outcome(SignalRule.NETWORK_OUTAGE, keep=_everything)
    silent = Outcome(SignalRule.SITE_SILENT, keep=_everything)
    groups: dict[int, str] = {}
    if not quiet:
        of_rule = {k: s for (r, k), s in still_open.items() if r == SignalRule.NETWORK_OUTAGE}
        network = network_outages(fleet, of_rule)
        for claim in network.claims:
            groups |= dict.fromkeys(claim.site_ids, f"{claim.rule}:{claim.key}")
        silent = silent_sites(fleet, groups)
    parents = dict(groups)
    for claim in silent.claims:
        parents |= dict.fromkeys(claim.site_ids, f"{claim.rule}:{claim.key}")
    if sight.sight is Sight.CENTRAL:
        parents = dict.fromkeys(fleet.sites, f"{SignalRule.CENTRAL_DOWN}:central") | parents
    return [
        *outcomes,
        network,
        silent,
        unstable_links(fleet),
        *rpo_claims(fleet, parents),
        *integrity_claims(fleet, read_mismatches(fleet.at)),
        repeated_failures(fleet, parents),
        *odd_devices(fleet),
        missed_pings(fleet.at),
    ]


def _everything(_key: str) -> bool:
    return True


def _write(outcomes: Iterable[Outcome], still_open: OpenSignals, *, at: datetime) -> int:
    changed = 0
    for outcome in outcomes:
        claimed = set()
        for claim in outcome.claims:
            claimed.add(claim.key)
            if is_news(claim, still_open.get((claim.rule, claim.key))):
                assert_claim(claim=claim, at=at)
                changed += 1
        for (rule, key), signal in still_open.items():
            if rule == outcome.rule and key not in claimed and not outcome.keep(key):
                changed += close_signal(signal=signal, at=at)
    return changed


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


def _amend_recent(*, at: datetime) -> int:
    """Add what the returned sites saw themselves to signals that are just over."""
    over = Signal.objects.filter(
        rule__in=[SignalRule.SITE_SILENT, SignalRule.NETWORK_OUTAGE],
        closed_at__gte=at - AMEND_WITHIN,
    ).exclude(sums__has_key="amendment")
    amended = 0
    for signal in over:
        found = amend(_ladders(signal))
        if found is None:
            continue
        signal.sums = {**signal.sums, "amendment": found.sums()}
        signal.version += 1
        signal.save(update_fields=["sums", "version"])
        amended += 1
    return amended


def _ladders(signal: Signal) -> Iterable[dict[str, object]]:
    """The ladders that the sites took during the outage and sent after it."""
    buffered = Sample.objects.filter(
        device__site_id__in=signal.site_ids,
        kind="heartbeat",
        sampled_at__gt=signal.began_at,
        sampled_at__lt=signal.closed_at,
    ).order_by("device_id", "-sampled_at")
    for body in buffered.values_list("body", flat=True)[:500]:
        reach = body.get("reach") if isinstance(body, dict) else None
        if isinstance(reach, dict):
            yield reach
