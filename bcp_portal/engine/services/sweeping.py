"""Verbs of a sweep: take its turn, run it, stamp its mark."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from bcp_portal.audit.verbs import verb
from bcp_portal.engine import schedule
from bcp_portal.engine.models import TURN, SweepMark, SweepTurn
from bcp_portal.engine.schedule import Sweep

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# On a bell a sweep runs before its period is over, but not more often than this.
BELL_GAP_S = 0.1


def run_sweep(*, sweep: Sweep, now: Clock, gap_s: float) -> str:
    """Run a sweep unless somebody has within the last `gap_s` seconds; stamp it if it went well.

    A sweep that fails leaves its mark to age: that is what people and the watchdog see.
    """
    if not begin_sweep(name=sweep.name, gap_s=gap_s, at=now()):
        return "somebody else's turn"
    started = time.monotonic()
    try:
        outcome = str(import_string(sweep.handler)(at=now()))
    except Exception:
        logger.exception("Sweep %s failed; it runs again in %s s", sweep.name, sweep.every_s)
        end_turn(name=sweep.name)
        return "failed"
    took_ms = int((time.monotonic() - started) * 1000)
    stamp_sweep(name=sweep.name, at=now(), took_ms=took_ms, outcome=outcome)
    return outcome


def run_due_worker_sweeps(*, now: Clock) -> str:
    """Run every sweep of the worker whose period is over."""
    at = now()
    turns = SweepTurn.objects.in_bulk()
    due = [
        sweep
        for sweep in schedule.SWEEPS
        if sweep.by == "worker" and is_due(sweep, turns.get(sweep.name), at=at)
    ]
    for sweep in due:
        run_sweep(sweep=sweep, now=now, gap_s=period(sweep))
    return f"{len(due)} sweeps"


def period(sweep: Sweep) -> float:
    """Seconds between two runs, a little less than promised: ticks of 1 s must not become 2 s."""
    return sweep.every_s - min(0.25, sweep.every_s * 0.2)


def is_due(sweep: Sweep, turn: SweepTurn | None, *, at: datetime) -> bool:
    """Whether the period of a sweep is over and nobody is running it."""
    return turn is None or (turn.is_free(at) and turn.rested(at) >= period(sweep))


@verb
def begin_sweep(*, name: str, gap_s: float, at: datetime) -> bool:
    """Take the turn of a sweep; the guarded update is the judge between two that want it."""
    # Times in the future were written before a clock jumped back; they bind nobody.
    free = Q(busy_until=None) | Q(busy_until__lte=at) | Q(busy_until__gt=at + TURN)
    rested = Q(begun_at__lte=at - timedelta(seconds=gap_s)) | Q(begun_at__gt=at)
    turn = {"begun_at": at, "busy_until": at + TURN}
    if SweepTurn.objects.filter(free, rested, name=name).update(**turn):
        return True
    if SweepTurn.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            SweepTurn.objects.create(name=name, **turn)
    except IntegrityError:
        return False
    return True


@verb
def end_turn(*, name: str) -> None:
    """Let others have the turn."""
    SweepTurn.objects.filter(name=name).update(busy_until=None)


@verb
def stamp_sweep(*, name: str, at: datetime, took_ms: int, outcome: str) -> None:
    """Say that a sweep has run, how long it took and what it found; end its turn."""
    facts = {"ran_at": at, "took_ms": took_ms, "outcome": outcome[:300]}
    if not SweepMark.objects.filter(name=name).update(runs=F("runs") + 1, **facts):
        SweepMark.objects.update_or_create(name=name, defaults=facts | {"runs": 1})
    end_turn(name=name)
