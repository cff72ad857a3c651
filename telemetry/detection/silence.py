"""Rules from silence: one site, a network, the centre, ourselves, and links that flap."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_noop

from telemetry.detection.facts import (
    LONG_DARK,
    CalmSite,
    DeviceFacts,
    Fleet,
    SiteFacts,
    read_calm_sites,
)
from telemetry.detection.node_state import SUSPECT_AFTER, is_silent, silent_for
from telemetry.detection.outcome import Outcome
from telemetry.detection.shared_fate import (
    SharedFate,
    Thresholds,
    explain_settled,
    may_share_fate,
    trait,
    weigh,
)
from telemetry.detection.sight import SightVerdict
from telemetry.models import NodeState, Signal, SignalRule
from telemetry.models.observer import Sight
from telemetry.services.signal import Claim

CLEAR_SHARE = 0.25
LATE_AFTER = 1.25  # heartbeat periods: one beat was missed, or is on its way
# Heartbeat periods. A site is shown as offline after 3.5; the alarm waits one more, in which the
# neighbours' silence has time to show that it is not this site's own.
ALARM_AFTER = 4.5
FLAP_CHECKS = 21
FLAP_RAISE = 0.5
FLAP_CLEAR = 0.25
_TITLES = {
    "region": gettext_noop("Network outage in %(name)s"),
    "provider": gettext_noop("Outage at the provider %(name)s"),
    "shard": gettext_noop("Outage of the sync shard %(name)s"),
    "app_version": gettext_noop("Outage of all sites with app version %(name)s"),
    "agent_version": gettext_noop("Outage of all sites with agent version %(name)s"),
}


def network_outages(fleet: Fleet, still_open: Mapping[str, Signal]) -> Outcome:
    """One claim for all sites that share a fate; kept until most of its members are back."""
    read = [site for site in fleet.sites.values() if _counts(site, fleet.at)]
    silent = frozenset(site.pk for site in read if is_silent(site, fleet.at, periods=SUSPECT_AFTER))
    if len(silent) < 2 and not still_open:
        return Outcome(SignalRule.NETWORK_OUTAGE)
    told = [_trait_of(signal) for signal in still_open.values()]
    watched: list[SiteFacts | CalmSite] = [*read, *(read_calm_sites(fleet, told) if told else ())]
    claims: list[Claim] = []
    explained: set[int] = set()
    for signal in still_open.values():
        # What is told already is told on, and grows: one outage is not explained twice.
        fate = _again(signal, watched, silent)
        if fate is not None and (
            len(fate.silent) / len(fate.members) >= CLEAR_SHARE
            or _waits_for_stragglers(signal, fate, fleet)
        ):
            claims.append(_going_on(signal, fate))
            explained |= set(fate.members)
    left = [site for site in read if site.pk not in explained]
    claims += [_network_claim(fate, fleet) for fate in _explain(fleet, left, silent, explained)]
    return Outcome(SignalRule.NETWORK_OUTAGE, claims)


def _explain(
    fleet: Fleet, left: list[SiteFacts], silent: frozenset[int], explained: set[int]
) -> list[SharedFate]:
    """What the silence that no open outage explains has in common."""
    numbers = fleet.tuning.of(SignalRule.NETWORK_OUTAGE)
    late = frozenset(site.pk for site in left if is_silent(site, fleet.at, periods=LATE_AFTER))
    if not numbers.is_on:
        return []
    limits = Thresholds(numbers["min_silent"], numbers["min_share"])
    if not may_share_fate(left, silent | late, limits):
        return []
    calm = [site for site in read_calm_sites(fleet) if site.pk not in explained]
    return explain_settled([*left, *calm], silent, late=late, limits=limits)


def _counts(site: SiteFacts, at: datetime) -> bool:
    """Does this site's silence say anything today?"""
    last = site.last_received_at
    return last is not None and not site.in_window and at - last < LONG_DARK


def _network_claim(fate: SharedFate, fleet: Fleet) -> Claim:
    sites = [fleet.sites[pk] for pk in fate.silent]
    name = sites[0].region_name if fate.field == "region" else fate.value
    everywhere = len(fate.silent) * 2 >= fleet.size
    return Claim(
        rule=SignalRule.NETWORK_OUTAGE,
        key=fate.key,
        severity=1 if everywhere else 2,
        title=_TITLES[fate.field],
        params={"name": name},
        sums={
            "field": fate.field,
            "value": fate.value,
            "name": name,
            "k": len(fate.silent),
            "n": len(fate.members),
            "chance": float(f"{fate.chance:.1e}"),
        },
        began_at=min(site.last_received_at or fleet.at for site in sites),
        region_id=sites[0].region_id if fate.field == "region" else None,
        site_ids=tuple(sorted(fate.silent)),
    )


def _again(
    signal: Signal, watched: Sequence[SiteFacts | CalmSite], silent: frozenset[int]
) -> SharedFate | None:
    """How the group of an open signal stands now; None when nobody of it is watched any more."""
    field, value = _trait_of(signal)
    members = [site.pk for site in watched if trait(site, field) == value]
    return weigh(field, value, members, silent) if members else None


def _trait_of(signal: Signal) -> tuple[str, str]:
    field, _colon, value = signal.key.partition(":")
    return field, value


def _waits_for_stragglers(signal: Signal, fate: SharedFate, fleet: Fleet) -> bool:
    """Most are back: give the rest the time to come after them before they count alone."""
    hit = [fleet.sites[pk] for pk in signal.site_ids if pk in fleet.sites]
    missing = [site for site in hit if site.pk in fate.silent]
    if not missing:
        return False
    last_return = max(
        (_back_since(d, fleet.at) for site in hit if site not in missing for d in site.devices),
        default=fleet.at,
    )
    patience = max(device.period for site in missing for device in site.devices)
    return fleet.at - last_return < patience * ALARM_AFTER


def _back_since(device: DeviceFacts, at: datetime) -> datetime:
    is_noted = device.node_state in (NodeState.ONLINE, NodeState.CONNECTED)
    return device.node_state_since or at if is_noted else at


def _going_on(signal: Signal, fate: SharedFate) -> Claim:
    """The open claim, with the sites that fell silent since; none is taken away until it ends."""
    hit = tuple(sorted({*signal.site_ids, *fate.silent}))
    sums = signal.sums
    if len(hit) > len(signal.site_ids):
        sums = {
            **sums,
            "k": len(fate.silent),
            "n": len(fate.members),
            "chance": float(f"{fate.chance:.1e}"),
        }
    return Claim(
        rule=SignalRule(signal.rule),
        key=signal.key,
        severity=signal.severity,
        title=signal.title,
        params=signal.params,
        sums=sums,
        began_at=signal.began_at,
        region_id=signal.region_id,
        site_ids=hit,
    )


def silent_sites(fleet: Fleet, groups: Mapping[int, str]) -> Outcome:
    """A site that is offline by itself; sites of a group are told by the group."""
    claims = [
        _site_claim(site, _alarm_after(fleet, site))
        for site in fleet.sites.values()
        if site.pk not in groups
        and _counts_alone(site)
        and is_silent(site, fleet.at, periods=_alarm_after(fleet, site))
    ]
    back = {
        site.code
        for site in fleet.sites.values()
        if not is_silent(site, fleet.at, periods=SUSPECT_AFTER)
    }
    grouped = {fleet.sites[pk].code for pk in groups if pk in fleet.sites}
    return Outcome(
        SignalRule.SITE_SILENT, claims, keep=lambda key: key not in back and key not in grouped
    )


def _counts_alone(site: SiteFacts) -> bool:
    """Offline is normal for some, and for others at some hours; unstable links have a rule."""
    flaps = any(device.is_flapping for device in site.devices)
    return not (site.in_window or site.offline_is_normal or flaps)


def _alarm_after(fleet: Fleet, site: SiteFacts) -> float:
    """Heartbeat periods of silence after which this site is told; never, where the rule is off."""
    numbers = fleet.tuning.of(SignalRule.SITE_SILENT, site.pk, site.sector)
    return numbers["alarm_after"] if numbers.is_on else math.inf


def _site_claim(site: SiteFacts, periods: float) -> Claim:
    last = site.last_received_at
    assert last is not None
    return Claim(
        rule=SignalRule.SITE_SILENT,
        key=site.code,
        severity=2 if site.criticality == 1 else 3 if site.criticality < 4 else 4,
        title=gettext_noop("%(site)s is offline"),
        params={"site": f"{site.code} {site.name}"},
        sums={"last_heard_at": last.isoformat(), "limit_periods": periods},
        began_at=last,
        site_id=site.pk,
        region_id=site.region_id,
        site_ids=(site.pk,),
    )


def centre(fleet: Fleet, sight: SightVerdict, still_open: Mapping[str, Signal]) -> list[Outcome]:
    """Claims about the centre and about our own eyes, from the verdict of the blind check."""
    wanted = {
        Sight.CENTRAL: (SignalRule.CENTRAL_DOWN, gettext_noop("The central server is down")),
        Sight.BLIND: (
            SignalRule.PORTAL_BLIND,
            gettext_noop("The portal cannot see: its own link is down"),
        ),
        Sight.INGRESS: (
            SignalRule.INGRESS_DOWN,
            gettext_noop("Nothing arrives at the portal's own door"),
        ),
    }
    outcomes = []
    for verdict, (rule, title) in wanted.items():
        claims = []
        if sight.sight is verdict:
            earlier = still_open.get(rule)
            stable = {"expected", "witnesses", "central_fails_at"}
            sums = {k: v for k, v in sight.sums.items() if k in stable}
            claims = [
                Claim(
                    rule=rule,
                    key="central",
                    severity=1,
                    title=title,
                    sums=earlier.sums if earlier else sums,
                    began_at=earlier.began_at if earlier else fleet.at,
                    site_ids=tuple(sorted({*fleet.sites, *fleet.calm}))
                    if rule is SignalRule.CENTRAL_DOWN
                    else (),
                )
            ]
        outcomes.append(Outcome(rule, claims))
    return outcomes


def next_flap_bits(device: DeviceFacts, at: datetime) -> int | None:
    """Append one verdict of silent or not each period; None when it is not time yet."""
    if device.last_received_at is None:
        return None
    if device.flap_checked_at is not None and at - device.flap_checked_at < device.period:
        return None
    bit = int(silent_for(device, at) >= SUSPECT_AFTER)
    return ((device.flap_bits << 1) | bit) & ((1 << FLAP_CHECKS) - 1)


def flapping(bits: int, *, was_flapping: bool) -> bool:
    """Does the link change its mind too often? Recent changes weigh more, as in Nagios."""
    changes = [((bits >> i) ^ (bits >> (i + 1))) & 1 for i in range(FLAP_CHECKS - 1)]
    weights = [1.2 - 0.4 * i / (FLAP_CHECKS - 2) for i in range(FLAP_CHECKS - 1)]
    share = sum(c * w for c, w in zip(changes, weights, strict=True)) / (FLAP_CHECKS - 1)
    return share >= (FLAP_CLEAR if was_flapping else FLAP_RAISE)


def unstable_links(fleet: Fleet) -> Outcome:
    """One open "unstable link" instead of forty alerts."""
    claims = [
        Claim(
            rule=SignalRule.FLAPPING_LINK,
            key=f"{site.code}/{device.name}",
            severity=4,
            title=gettext_noop("Unstable link at %(site)s"),
            params={"site": f"{site.code} {site.name}"},
            sums={"checks": FLAP_CHECKS, "raise": FLAP_RAISE, "clear": FLAP_CLEAR},
            began_at=device.flap_checked_at or fleet.at,
            site_id=site.pk,
            device_id=device.pk,
            site_ids=(site.pk,),
        )
        for site in fleet.sites.values()
        for device in site.devices
        if device.is_flapping
    ]
    return Outcome(SignalRule.FLAPPING_LINK, claims)
