"""What each rule of detection means here: the kind of incident, the group, and how grave it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assets.models import Criticality
from incidents.models import IncidentKind, RunMode, Severity
from incidents.selectors.severity import matrix_in_force
from telemetry.models import Signal, SignalRule

Group = Literal["own", "site", "stream"]


@dataclass(frozen=True)
class Triage:
    """How signals of one rule are handled.

    `opens_at` is the mildest severity that opens an incident of its own; 0 never opens one: the
    alert stands alone or joins what is open.
    """

    kind: IncidentKind
    group: Group
    opens_at: int
    # Larger causes are looked at first, so that the smaller ones find them there.
    rank: int = 5


TRIAGE: Mapping[str, Triage] = {
    SignalRule.PORTAL_BLIND: Triage(IncidentKind.PORTAL, "own", 4, rank=0),
    SignalRule.INGRESS_DOWN: Triage(IncidentKind.PORTAL, "own", 4, rank=0),
    SignalRule.CENTRAL_DOWN: Triage(IncidentKind.CENTRAL, "own", 4, rank=1),
    SignalRule.NETWORK_OUTAGE: Triage(IncidentKind.NETWORK, "own", 4, rank=2),
    SignalRule.MASS_INCONSISTENCY: Triage(IncidentKind.INTEGRITY, "own", 4, rank=2),
    SignalRule.CLONED_DEVICE: Triage(IncidentKind.SECURITY, "site", 4, rank=3),
    SignalRule.AUDIT_MISMATCH: Triage(IncidentKind.SECURITY, "own", 4, rank=3),
    SignalRule.SITE_SILENT: Triage(IncidentKind.LOCAL, "site", 3),
    SignalRule.RPO_BREACHED: Triage(IncidentKind.LOCAL, "site", 2),
    SignalRule.RPO_PREDICTED: Triage(IncidentKind.LOCAL, "site", 1),
    SignalRule.CHECKSUM_MISMATCH: Triage(IncidentKind.INTEGRITY, "stream", 3),
    SignalRule.SUSPECT_SOURCE: Triage(IncidentKind.INTEGRITY, "site", 2),
    SignalRule.REPEATED_FAILURES: Triage(IncidentKind.LOCAL, "site", 1),
    SignalRule.FLAPPING_LINK: Triage(IncidentKind.LOCAL, "site", 0),
    SignalRule.TELEMETRY_LOSS: Triage(IncidentKind.LOCAL, "site", 0),
    SignalRule.FREQUENT_FAILURES: Triage(IncidentKind.LOCAL, "site", 2),
    SignalRule.UNUSUAL_SYNC: Triage(IncidentKind.LOCAL, "site", 0),
    SignalRule.FORGOTTEN_SYNC: Triage(IncidentKind.LOCAL, "site", 2),
    SignalRule.OVERSELLING: Triage(IncidentKind.INTEGRITY, "own", 2),
    SignalRule.QUEUE_EXPIRES: Triage(IncidentKind.LOCAL, "site", 2),
    SignalRule.STALE_DATA: Triage(IncidentKind.LOCAL, "site", 1),
    SignalRule.STALE_DEVICE: Triage(IncidentKind.LOCAL, "site", 0),
    SignalRule.DEVICE_MISSING: Triage(IncidentKind.SECURITY, "site", 3),
    SignalRule.BACKUP_OVERDUE: Triage(IncidentKind.OTHER, "site", 2),
    SignalRule.RESTORE_OVERDUE: Triage(IncidentKind.OTHER, "own", 0),
    SignalRule.SYNC_CUT_OFF: Triage(IncidentKind.LOCAL, "site", 3),
    SignalRule.BAD_INPUT: Triage(IncidentKind.INTEGRITY, "own", 2),
    SignalRule.POSTURE_DRIFT: Triage(IncidentKind.SECURITY, "site", 2),
    SignalRule.TAMPERING: Triage(IncidentKind.SECURITY, "site", 3, rank=3),
    SignalRule.SLOW_APP: Triage(IncidentKind.LOCAL, "site", 1),
    SignalRule.ORDER_NOT_APPLIED: Triage(IncidentKind.LOCAL, "site", 2),
    SignalRule.SLOT_AT_RISK: Triage(IncidentKind.OTHER, "own", 2),
    SignalRule.UNAUTHORISED_ACTION: Triage(IncidentKind.SECURITY, "own", 2),
    SignalRule.CLOCK_JUMP: Triage(IncidentKind.LOCAL, "site", 0),
    SignalRule.PING_MISSED: Triage(IncidentKind.OTHER, "own", 2),
    SignalRule.ORDER_ALONE: Triage(IncidentKind.OTHER, "own", 0),
    SignalRule.EXTERNAL: Triage(IncidentKind.OTHER, "own", 2),
    SignalRule.CANARY: Triage(IncidentKind.OTHER, "own", 0),
}
# Causes that explain smaller signals.
LARGE_RULES = tuple(rule for rule, triage in TRIAGE.items() if triage.rank <= 2)
UNKNOWN_RULE = Triage(IncidentKind.OTHER, "own", 1)


def triage_of(signal: Signal) -> Triage:
    """How a signal is handled; a rule nobody has judged yet only raises an alert."""
    return TRIAGE.get(signal.rule, UNKNOWN_RULE)


def kind_of_rule(rule: str) -> IncidentKind:
    """The kind of incident that alerts of a rule belong to."""
    return TRIAGE.get(rule, UNKNOWN_RULE).kind


def mode_of(signal: Signal) -> RunMode:
    """Whether a signal is real; a rehearsal never mixes with the real thing."""
    return RunMode.EXERCISE if signal.is_exercise else RunMode.LIVE


def full_key(signal: Signal) -> str:
    """The name by which smaller signals point to this one: rule and key."""
    prefix = f"{signal.rule}:"
    return signal.key if signal.key.startswith(prefix) else prefix + signal.key


def alert_key(signal: Signal) -> str:
    """One condition, one alert; a rehearsal's own."""
    return f"{mode_of(signal).value}:{full_key(signal)}"[:200]


def own_group(signal: Signal) -> str:
    """One outage, one incident: what this signal belongs to when nothing larger explains it."""
    group = triage_of(signal).group
    if group == "site" and signal.site_id:
        kind = triage_of(signal).kind
        return f"{kind.value}:site:{signal.site_id}"
    if group == "stream" and signal.stream is not None:
        return f"integrity:stream:{signal.stream.name}"
    return full_key(signal)


def severity_for(*, signal_severity: int, site_criticalities: list[int]) -> Severity:
    """How grave it is by the matrix in force: what the rule says, and how far it reaches."""
    has_vital = Criticality.VITAL in site_criticalities
    matrix = matrix_in_force()
    return Severity(
        matrix.judge(signal_severity, has_vital=has_vital, sites=len(site_criticalities))
    )
