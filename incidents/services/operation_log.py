"""Writing the log of a run: every tick, whoever made it and wherever, leaves one row."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.ids import uuid7
from incidents.models import (
    Incident,
    Operation,
    OperationKind,
    OperationOutcome,
    PlaybookRun,
    RunStep,
)
from incidents.offline.fold import State, fold, undone_by

PORTAL = "portal"
CLOCK = re.compile(r"(\d{13})-(\d{5})-([a-z0-9-]{1,40})")


@dataclass(frozen=True)
class Stamp:
    """The identity of an operation, and what the clocks said. A page gives only the identity."""

    op_id: UUID
    device: str = ""
    clock: str = ""
    base: int = 0
    client_time: datetime | None = None
    happened_at: datetime | None = None
    # None: the device has never compared its clock with ours.
    uncertainty_ms: int | None = 0
    is_queued: bool = False


def stamp_of(op_id: UUID | None) -> Stamp | None:
    """The stamp of a form or a program that names its deed, so that it counts once."""
    return Stamp(op_id=op_id) if op_id else None


@verb
def log_operation(
    *,
    kind: OperationKind,
    actor: User | None,
    at: datetime,
    incident: Incident,
    run: PlaybookRun | None = None,
    step: RunStep | None = None,
    payload: dict[str, Any] | None = None,
    stamp: Stamp | None = None,
    outcome: OperationOutcome = OperationOutcome.APPLIED,
    detail: str = "",
) -> Operation:
    """Write one operation down. Whoever calls this holds the lock of the run."""
    stamp = stamp or Stamp(op_id=uuid7(at))
    return Operation.objects.create(
        op_id=stamp.op_id,
        incident=incident,
        run=run,
        step=step,
        kind=kind,
        payload=payload or {},
        actor=actor,
        device=stamp.device,
        clock=_clock(stamp, run, at=at),
        base=stamp.base,
        client_time=stamp.client_time,
        happened_at=min(stamp.happened_at or at, at),
        uncertainty_ms=stamp.uncertainty_ms,
        received_at=at,
        is_queued=stamp.is_queued,
        outcome=outcome,
        detail=detail[:300],
    )


def is_repeat(stamp: Stamp | None) -> bool:
    """Whether this operation was told before: it counts once."""
    return stamp is not None and Operation.objects.filter(op_id=stamp.op_id).exists()


def standing_ids(step: RunStep) -> list[str]:
    """The ticks and skips of a step that nobody has taken back; what an untick takes back."""
    ops = [op.told() for op in Operation.objects.standing().filter(step=step)]
    undone = undone_by(ops, ("untick", "settle"))
    return sorted(
        op["id"]
        for op in ops
        if op["kind"] in ("tick", "skip") and (op["step"], op["id"]) not in undone
    )


def fold_of(run: PlaybookRun, *, step: RunStep | None = None) -> State:
    """The state of a run, or of one of its steps, as its log tells it."""
    rows = Operation.objects.standing().filter(run=run)
    if step is not None:
        rows = rows.filter(step=step)
    return fold(op for _cursor, op in rows.order_by("pk").told())


def _clock(stamp: Stamp, run: PlaybookRun | None, *, at: datetime) -> str:
    """The hybrid logical clock: the device's, but never ahead of ours; otherwise the next one."""
    now = int(at.astimezone(UTC).timestamp() * 1000)
    told = CLOCK.fullmatch(stamp.clock)
    if told is not None:
        # A clock that runs ahead must not win every dispute of the next two hours.
        return f"{min(int(told[1]), now):013d}-{told[2]}-{told[3]}"
    device = stamp.device or PORTAL
    last = CLOCK.fullmatch(_last_clock(run))
    if last is None or int(last[1]) < now:
        return f"{now:013d}-00000-{device}"
    return f"{int(last[1]):013d}-{int(last[2]) + 1:05d}-{device}"


def _last_clock(run: PlaybookRun | None) -> str:
    if run is None:
        return ""
    return Operation.objects.filter(run=run).aggregate(last=Max("clock"))["last"] or ""
