"""The detection pass: read the fleet once, let every rule speak, write what changed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bcp_portal.audit.verbs import verb
from bcp_portal.live.services import publish
from bcp_portal.shared.collecting import collector_at_rest
from telemetry.detection.amend import amend
from telemetry.detection.board import moment
from telemetry.detection.facts import Fleet, read_fleet
from telemetry.detection.integrity import Mismatch, integrity_claims, read_mismatches
from telemetry.detection.interest import sites_of_interest
from telemetry.detection.outcome import Outcome
from telemetry.detection.rpo import rpo_claims
from telemetry.detection.sight import SightVerdict, judge
from telemetry.detection.silence import centre, network_outages, silent_sites, unstable_links
from telemetry.detection.tuning import read_tuning
from telemetry.detection.upkeep import missed_pings, odd_devices, repeated_failures
from telemetry.models import Device, ObserverState, Sample, Signal, SignalRule
from telemetry.models.observer import Sight
from telemetry.services.fleet_state import write_device_states, write_site_states
from telemetry.services.observer import read_probes
from telemetry.services.site_span import admit_gap, unwatched_since
from telemetry.services.verdicts import OpenSignals, open_signals, write_outcomes

AMEND_WITHIN = timedelta(minutes=30)
# The rules that this pass opens and closes.
OWN = (
    SignalRule.SITE_SILENT,
    SignalRule.NETWORK_OUTAGE,
    SignalRule.CENTRAL_DOWN,
    SignalRule.PORTAL_BLIND,
    SignalRule.INGRESS_DOWN,
    SignalRule.FLAPPING_LINK,
    SignalRule.RPO_PREDICTED,
    SignalRule.RPO_BREACHED,
    SignalRule.CHECKSUM_MISMATCH,
    SignalRule.MASS_INCONSISTENCY,
    SignalRule.REPEATED_FAILURES,
    SignalRule.CLONED_DEVICE,
    SignalRule.CLOCK_JUMP,
    SignalRule.PING_MISSED,
)


@verb
def detect(*, at: datetime) -> str:
    """Bring states and signals in step with what the sites have said, and with their silence."""
    with collector_at_rest():
        return _pass(at=at)


def _pass(*, at: datetime) -> str:
    last = unwatched_since(at)
    if last is not None:
        admit_gap(last=last, at=at)
    # Before the fleet: what the quick look opens meanwhile rests on facts that are not read here.
    still_open = open_signals(OWN)
    tuning, mismatches = read_tuning(), read_mismatches(at)
    parted = sites_of_interest(
        at,
        tuning=tuning,
        still_open=still_open.values(),
        more=(item.site_id for item in mismatches),
    )
    fleet = (
        read_fleet(at, only=parted.wanted, calm=parted.calm, tuning=tuning)
        if parted
        else read_fleet(at, tuning=tuning)
    )
    sight = _look_at_ourselves(fleet, woke=last is not None, at=at)
    states = write_device_states(fleet=fleet, is_blind=sight.is_blind, at=at)
    outcomes = _ask_the_rules(fleet, sight, still_open, mismatches)
    changed = write_outcomes(outcomes=outcomes, still_open=still_open, at=at)
    rolled = write_site_states(fleet=fleet, states=states, at=at)
    amended = _amend_recent(at=at)
    return f"{changed} signals, {rolled} sites, {amended} amended"


def _look_at_ourselves(fleet: Fleet, *, woke: bool, at: datetime) -> SightVerdict:
    state = ObserverState.objects.filter(pk=1).first()
    before = Sight(state.sight) if state else Sight.UNWATCHED
    sums = (state.sums or {}) if state else {}
    verdict = judge(
        fleet.sites.values(),
        read_probes(at),
        before=before,
        at=at,
        resumed_at=moment(sums.get("resumed_at")),
        woke_at=at if woke else moment(sums.get("woke_at")),
        calm=len(fleet.calm) - fleet.calm_in_window,
        calm_says_ok=_calm_that_reach_the_centre(fleet),
        collapse=fleet.tuning.of(SignalRule.PORTAL_BLIND)["collapse"],
        quorum=fleet.tuning.of(SignalRule.CENTRAL_DOWN)["quorum"],
    )
    if state is None:
        state = ObserverState(pk=1, since=at)
    if state.sight != verdict.sight or state._state.adding:
        state.since = at
        publish(topic="banners", kind=verdict.sight, at=at)
    elif not woke and (state.arrivals, state.expected) == (verdict.arrivals, verdict.expected):
        return verdict
    state.sight, state.checked_at = verdict.sight, at
    state.arrivals, state.expected, state.sums = verdict.arrivals, verdict.expected, verdict.sums
    state.save()
    return verdict


def _calm_that_reach_the_centre(fleet: Fleet) -> int:
    """Asked only when somebody says that the centre fails: otherwise there is nothing to weigh."""
    asked = (d.central_ok for site in fleet.sites.values() for d in site.devices)
    if not fleet.calm or all(told is not False for told in asked):
        return 0
    fine = Device.objects.in_service().filter(state__reach__central__ok=True)
    return len(set(fine.values_list("site_id", flat=True)) & fleet.calm)


def _ask_the_rules(
    fleet: Fleet, sight: SightVerdict, still_open: OpenSignals, mismatches: list[Mismatch]
) -> list[Outcome]:
    outcomes = centre(fleet, sight, {rule: s for (rule, _key), s in still_open.items()})
    quiet = (
        sight.is_blind or sight.is_falling or (sight.sight is Sight.CENTRAL and sight.arrivals == 0)
    )
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
        parents = (
            dict.fromkeys({*fleet.sites, *fleet.calm}, f"{SignalRule.CENTRAL_DOWN}:central")
            | parents
        )
    return [
        *outcomes,
        network,
        silent,
        unstable_links(fleet),
        *rpo_claims(fleet, parents, is_blind=sight.is_blind),
        *integrity_claims(fleet, mismatches),
        repeated_failures(fleet, parents),
        *odd_devices(fleet),
        missed_pings(fleet.at),
    ]


def _everything(_key: str) -> bool:
    return True


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
