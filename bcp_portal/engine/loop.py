"""The engine: looks once a second, or when somebody rings, and does what is due."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import Error, close_old_connections, connections

from bcp_portal.engine import clock, schedule
from bcp_portal.engine.bell_thread import bell
from bcp_portal.engine.hands import Hands
from bcp_portal.engine.health import CYCLE
from bcp_portal.engine.listen import BellListener
from bcp_portal.engine.models import Job, SweepTurn
from bcp_portal.engine.schedule import HELD_KINDS, Sweep
from bcp_portal.engine.services.clockwork import bring_back
from bcp_portal.engine.services.firing import fire_due
from bcp_portal.engine.services.sweeping import (
    BELL_GAP_S,
    is_due,
    period,
    run_sweep,
    stamp_sweep,
)
from bcp_portal.engine.services.working import do_job, take_jobs

logger = logging.getLogger(__name__)

EVERY_S = 1.0
# However often somebody rings.
SHORTEST_TURN_S = 0.05
# One turn fires batches for so long at most: sweeps and jobs get their share of a busy second.
FIRING_BUDGET_S = 0.7
# What no worker has taken by then, the engine does itself.
GRACE = timedelta(seconds=2)
WAITS_FOR_DATABASE_S = (0.2, 0.5, 1.0)
JOB_HANDS = 4
# Kept free for calls to people, however many reports and imports are waiting.
HANDS_FOR_CALLS = 2
SWEEP_HANDS = 4
# A sweep that bells call rests so many times as long as it took: bells without end, as a large
# fleet rings them, never give it more than a quarter of the time.
REST_AFTER_BELL = 3.0


@dataclass
class Turn:
    """What one look at the database came to."""

    steps: int = 0
    failed: int = 0
    jobs: int = 0
    sweeps: int = 0

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.steps} steps{failed}, {self.jobs} jobs, {self.sweeps} sweeps"


class Engine:
    """One loop in one thread; two engines may run, on one machine or two."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.listener = BellListener("engine")
        self._stopping = threading.Event()
        self._jobs = Hands("job", JOB_HANDS)
        self._sweeps = Hands("sweep", SWEEP_HANDS)
        self._clock = clock.ClockWatch()
        self._began = time.monotonic()
        self._failures = 0
        self._is_behind = False
        self._looked_until: datetime | None = None
        self._since_stamp = Turn()
        self._stamped_at = 0.0
        self._took_s: dict[str, float] = {}
        self._owes_bell = False

    def stop(self) -> None:
        """End after the present turn; safe to call from a signal handler."""
        self._stopping.set()
        self.listener.wake()

    def run(self) -> None:
        """Turn until told to stop."""
        self.listener.start()
        logger.info("Engine %s runs", self.name)
        rung = True
        while not self._stopping.is_set():
            began = time.monotonic()
            self._guarded_turn(rung=rung)
            if self._is_behind:
                rung = False  # sweeps and jobs had their share of this turn; on with the steps
                continue
            self._stopping.wait(max(0.0, began + self._rest() - time.monotonic()))
            period_s = BELL_GAP_S if self._owes_bell else self._period()
            is_rung = self.listener.wait(max(0.0, began + period_s - time.monotonic()))
            rung = is_rung or self._owes_bell
        self.listener.close()
        # Whatever has not ended by then goes with the process; leases and turns run out.
        ended = self._jobs.close(within=0.5) & self._sweeps.close(within=0.5)
        self.listener.join(within=0.7)
        connections.close_all()
        logger.info("Engine %s has stopped%s", self.name, "" if ended else "; work was left")

    def turn(self, *, rung: bool = False) -> Turn:
        """Do once what is due: deadlines here, jobs and sweeps in other threads."""
        at = clock.now()
        self._watch_clock(at)
        turn = Turn()
        self._fire(turn)
        self._ring_workers(at)
        turn.jobs = self._take_jobs()
        turn.sweeps = self._start_sweeps(rung=rung)
        self._stamp(turn)
        return turn

    def _guarded_turn(self, *, rung: bool) -> None:
        self._is_behind = False
        try:
            close_old_connections()
            self.turn(rung=rung)
        except Error as error:
            connections.close_all()
            self._failures += 1
            if self._failures == 1:
                logger.error("Engine %s lost the database (%s); trying again", self.name, error)
        except Exception:
            self._failures += 1
            logger.exception("A turn of engine %s met a bug; the next one comes", self.name)
        else:
            if self._failures:
                logger.warning("Engine %s works again", self.name)
            self._failures = 0

    def _rest(self) -> float:
        return self._period() if self._failures else SHORTEST_TURN_S

    def _period(self) -> float:
        waits = WAITS_FOR_DATABASE_S
        return waits[min(self._failures, len(waits)) - 1] if self._failures else EVERY_S

    def _watch_clock(self, at: datetime) -> None:
        # The first look counts as a jump: the clock may have been set back while nobody turned.
        is_first, jump = self._looked_until is None, self._clock.jump(at)
        if jump:
            logger.error(
                "The clock jumped by %+.0f s; nothing fires twice because of it",
                jump.total_seconds(),
            )
        if is_first or jump < timedelta(0):
            self._looked_until = None
            bring_back(at=at)

    def _fire(self, turn: Turn) -> None:
        ends = time.monotonic() + FIRING_BUDGET_S
        while True:
            batch = fire_due(at=clock.now())
            turn.steps += batch.fired
            turn.failed += batch.failed
            self._is_behind = batch.is_behind
            if not batch.is_behind or time.monotonic() > ends:
                return

    def _ring_workers(self, at: datetime) -> None:
        """Tell workers of retries and of later jobs at the moment they fall due."""
        since, self._looked_until = self._looked_until, at
        if since is not None:
            for pk in Job.objects.falling_due(since, at).values_list("pk", flat=True)[:200]:
                bell.press("job", str(pk))

    def _take_jobs(self) -> int:
        taken = 0
        for kinds, spare in ((HELD_KINDS, 0), (None, HANDS_FOR_CALLS)):
            limit = self._jobs.free - spare
            if limit > 0 and Job.objects.takeable(clock.now(), grace=GRACE).exists():
                jobs = take_jobs(
                    at=clock.now(), by=self.name, limit=limit, grace=GRACE, kinds=kinds
                )
                for job in jobs:
                    self._jobs.give(f"job {job.pk}", partial(do_job, job=job, now=clock.now))
                taken += len(jobs)
        return taken

    def _start_sweeps(self, *, rung: bool) -> int:
        turns = SweepTurn.objects.in_bulk()
        at = clock.now()
        started = 0
        self._owes_bell = False
        for sweep in schedule.SWEEPS:
            gap_s = self._gap(sweep, turns.get(sweep.name), rung=rung, at=at)
            if gap_s is not None:
                work = partial(self._run_sweep, sweep, gap_s)
                started += self._sweeps.give(f"sweep {sweep.name}", work)
        return started

    def _gap(
        self, sweep: Sweep, turn: SweepTurn | None, *, rung: bool, at: datetime
    ) -> float | None:
        """Say how long a sweep must have rested to be run by us now; None if it is not to be."""
        if sweep.by == "worker":
            return self._gap_of_worker(sweep, turn, at=at)
        if rung and sweep.on_bell and (gap_s := self._gap_on_bell(sweep, turn, at=at)) is not None:
            return gap_s
        return period(sweep) if is_due(sweep, turn, at=at) else None

    def _gap_on_bell(self, sweep: Sweep, turn: SweepTurn | None, *, at: datetime) -> float | None:
        gap_s = max(BELL_GAP_S, self._took_s.get(sweep.name, 0.0) * REST_AFTER_BELL)
        if turn is None or (turn.is_free(at) and turn.rested(at) >= gap_s):
            return gap_s
        # It runs, or has only just: whoever rang is not forgotten, but waits for its rest.
        self._owes_bell = True
        return None

    def _run_sweep(self, sweep: Sweep, gap_s: float) -> str:
        began = time.monotonic()
        outcome = run_sweep(sweep=sweep, now=clock.now, gap_s=gap_s)
        self._took_s[sweep.name] = time.monotonic() - began
        return outcome

    def _gap_of_worker(self, sweep: Sweep, turn: SweepTurn | None, *, at: datetime) -> float | None:
        patience = sweep.every_s + min(sweep.every_s, 60.0) + GRACE.total_seconds()
        rested = time.monotonic() - self._began if turn is None else turn.rested(at)
        is_late = rested >= patience and (turn is None or turn.is_free(at))
        return patience if is_late else None

    def _stamp(self, turn: Turn) -> None:
        """Stamp the pulse, at most twice a second; what happened meanwhile is added up."""
        total = self._since_stamp
        total.steps += turn.steps
        total.failed += turn.failed
        total.jobs += turn.jobs
        total.sweeps += turn.sweeps
        if time.monotonic() - self._stamped_at < EVERY_S / 2:
            return
        stamp_sweep(name=CYCLE, at=clock.now(), took_ms=0, outcome=str(total))
        self._since_stamp, self._stamped_at = Turn(), time.monotonic()
