"""How the verbs of a step write the log of its run."""

from collections.abc import Mapping
from datetime import datetime

from bcp_portal.accounts.models import User
from incidents.models import OperationKind, PlaybookRun, RunStep
from incidents.services.operation_log import Stamp, log_operation, standing_ids


def log_step(
    step: RunStep,
    run: PlaybookRun,
    payload: Mapping[str, object],
    actor: User | None,
    stamp: Stamp | None = None,
    *,
    at: datetime,
    kind: OperationKind = OperationKind.TICK,
) -> None:
    """Write down that a step was ticked, or whatever else was done to it."""
    log_operation(
        kind=kind, run=run, incident=run.incident, step=step, payload=dict(payload), actor=actor,
        at=at, stamp=stamp,
    )  # fmt: skip


def log_left_out(step: RunStep, run: PlaybookRun, *, why: str, at: datetime) -> None:
    """Write down that the plan left a step out; whoever did it all the same disputes nothing."""
    payload = {"reason": why, "plan": True}
    log_step(step, run, payload, None, kind=OperationKind.SKIP, at=at)


def log_taken_back(
    step: RunStep,
    run: PlaybookRun,
    actor: User | None,
    stamp: Stamp | None = None,
    *,
    reason: str = "",
    at: datetime,
) -> None:
    """Write down that a step is open again, and which ticks no longer count."""
    undone = standing_ids(step)
    if undone or actor is not None:
        payload = {"reason": reason, "undoes": undone}
        log_step(step, run, payload, actor, stamp, kind=OperationKind.UNTICK, at=at)
