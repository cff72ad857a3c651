"""The inspection: the rules that ask the database themselves, all of them in one pass."""

from collections.abc import Callable
from datetime import datetime

from bcp_portal.audit.verbs import verb
from bcp_portal.shared.collecting import collector_at_rest
from telemetry.detection.asking.backup import backups, restores
from telemetry.detection.asking.edge import slow_apps
from telemetry.detection.asking.losses import lost_samples, tampered
from telemetry.detection.asking.orders import orders_not_applied
from telemetry.detection.asking.posture import posture_drift
from telemetry.detection.asking.rights import unauthorised
from telemetry.detection.asking.selling import forgotten_syncs, overselling
from telemetry.detection.asking.sessions import (
    cut_off_syncs,
    expiring_queues,
    slots_at_risk,
    unusual_syncs,
)
from telemetry.detection.asking.sharing import bad_inputs, floods_of_conflicts
from telemetry.detection.asking.staleness import missing_devices, stale_data, stale_devices
from telemetry.detection.asking.tallies import frequent_failures, suspect_sources
from telemetry.detection.board import Board, read_board
from telemetry.detection.outcome import Outcome
from telemetry.services.verdicts import open_signals, write_outcomes

INSPECTIONS: tuple[Callable[[Board], list[Outcome]], ...] = (
    suspect_sources,
    unusual_syncs,
    frequent_failures,
    forgotten_syncs,
    overselling,
    expiring_queues,
    stale_data,
    stale_devices,
    missing_devices,
    backups,
    restores,
    cut_off_syncs,
    floods_of_conflicts,
    bad_inputs,
    posture_drift,
    lost_samples,
    tampered,
    slow_apps,
    orders_not_applied,
    slots_at_risk,
    unauthorised,
)
# A rule that is switched on over ten thousand sites at once must not hold the store for a minute.
MOST = 200


@verb
def inspect_fleet(*, at: datetime) -> str:
    """Ask every rule once and write what is new."""
    with collector_at_rest():
        outcomes = ask_all(read_board(at))
        still_open = open_signals([outcome.rule for outcome in outcomes])
        changed = write_outcomes(outcomes=outcomes, still_open=still_open, at=at, most=MOST)
    return f"{changed} signals"


def ask_all(board: Board) -> list[Outcome]:
    """What every asking rule says now."""
    return [outcome for rule in INSPECTIONS for outcome in rule(board)]
