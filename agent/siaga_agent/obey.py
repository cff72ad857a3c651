"""Doing what was ordered: hold every engine to the desired state, and say how far that is."""

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from siaga_agent.adapters.base import AdapterError
from siaga_agent.clock import Clock, iso, parse_instant
from siaga_agent.desired import DRAIN, FREEZE, Wanted, wanted_at
from siaga_agent.orders import EPOCH, DesiredState, present_orders, status_entry
from siaga_agent.outbox import Outbox
from siaga_agent.store import Json, OutboxFullError
from siaga_agent.watch import AdapterWatch

logger = logging.getLogger(__name__)

PROGRESS = "orders_progress"
CONFIRMED = "orders_confirmed"
CONFIRM_EVERY = timedelta(seconds=20)
RETRY_AFTER = timedelta(seconds=10)


@dataclass
class _Progress:
    """How far this device has come, on the disk: which streams stand still because of us."""

    wanted: Json = field(default_factory=dict)
    since: str = ""
    # None: nothing is known (a new outbox), so whatever stands still may be our doing.
    ours: list[str] | None = None
    # The last rung that was told, for the words that are read back by phone.
    reached: str = "verified"


def reached(outbox: Outbox) -> str:
    """How far this device says it has come with its newest order."""
    return str(json.loads(outbox.secret(PROGRESS) or "{}").get("reached", "verified"))


class Obedience:
    """Holds the engines to the order, level by level: also when somebody at the site undoes it."""

    def __init__(self, outbox: Outbox, watches: Sequence[AdapterWatch], *, clock: Clock) -> None:
        self._outbox, self._watches, self._clock = outbox, watches, clock
        self._state = present_orders(outbox)
        self._progress = self._read_progress()
        self._confirmed_at = parse_instant(outbox.secret(CONFIRMED) or "")
        self._said: set[tuple[str, str]] = set()
        self._failed_at: dict[str, datetime] = {}
        self._drained: set[str] = set()

    @property
    def mode(self) -> str:
        """The mode that was ordered, for the heartbeat; normal when nothing was."""
        return str(self._progress.wanted.get("mode", "normal"))

    @property
    def limits(self) -> Json:
        """The emergency limits in force, for the programs of the site."""
        return dict(self._progress.wanted.get("limits") or {})

    def take(self, state: DesiredState, *, at: datetime) -> None:
        """A new order was accepted."""
        self._state = state
        self._drained.clear()
        self._failed_at.clear()
        self.confirm(state.epoch, at=at)

    def confirm(self, epoch: int | None, *, at: datetime) -> None:
        """Headquarters has just said that the order with this number is the newest: renew."""
        state = self._state
        if state is None or not state.is_verified or epoch != state.epoch:
            return
        known = self._confirmed_at
        if known is None or not timedelta(0) <= at - known < CONFIRM_EVERY:
            self._outbox.put_secret(CONFIRMED, iso(at))
            self._confirmed_at = at

    def step(self) -> bool:
        """Bring the engines a step closer to what is wanted; say whether there was news to tell."""
        self._hear_others()
        state, at = self._state, self._clock.now()
        if state is None or not state.is_verified:
            return False
        wanted = wanted_at(state.order, at, confirmed_at=self._confirmed_at)
        if wanted is None:
            return False
        try:
            self._begin(wanted, at)
            return self._pursue(state, wanted, at)
        except (OutboxFullError, sqlite3.OperationalError) as error:
            logger.error("What was done about an order could not be stored: %s", error)
            return False

    def _hear_others(self) -> None:
        """Somebody may have read an order to this device while we run."""
        known = -1 if self._state is None else self._state.epoch
        if self._outbox.number(EPOCH) > known and (told := present_orders(self._outbox)):
            self.take(told, at=self._clock.now())

    def _begin(self, wanted: Wanted, at: datetime) -> None:
        if self._progress.wanted != wanted.as_json():
            self._progress.wanted, self._progress.since = wanted.as_json(), iso(at)
            self._said.clear()
            self._keep_progress()

    def _pursue(self, state: DesiredState, wanted: Wanted, at: datetime) -> bool:
        problems = list(self._switch(wanted, at))
        if problems:
            return self._say(state, "failed", "; ".join(problems), at)
        news = self._say(state, wanted.rung, wanted.note, at)
        if self._is_drained(wanted):
            return self._say(state, "completed", "The queues are empty.", at) or news
        if wanted.rung == "applied" and self._is_seen(wanted):
            return self._say(state, "held", "", at) or news
        return news

    def _switch(self, wanted: Wanted, at: datetime) -> Iterator[str]:
        """Freeze and thaw where what is differs from what should be; yields what went wrong."""
        for watch in self._watches:
            for stream in watch.adapter.streams:
                should_rest = self._should_rest(watch, stream, wanted)
                if should_rest == (stream in watch.last_look.frozen):
                    continue
                if not should_rest and not self._is_ours(stream):
                    continue
                failed_at = self._failed_at.get(stream)
                if failed_at is not None and at - failed_at < RETRY_AFTER:
                    yield f"{stream}: waits for the next try"
                    continue
                yield from self._try(watch, stream, should_rest=should_rest, at=at)

    def _try(
        self, watch: AdapterWatch, stream: str, *, should_rest: bool, at: datetime
    ) -> Iterator[str]:
        # Noted before it is done: killed in between, we still know that it was our doing.
        if should_rest:
            self._own(stream)
        try:
            if should_rest:
                watch.adapter.freeze(stream)
            else:
                watch.adapter.thaw(stream)
        except AdapterError as error:
            logger.error("The order about %s could not be applied: %s", stream, error)
            self._failed_at[stream] = at
            yield f"{stream}: {error}"
            return
        self._failed_at.pop(stream, None)
        if not should_rest:
            self._disown(stream)
        logger.warning("By order, %s %s", stream, "stands still" if should_rest else "runs again")
        watch.look()

    def _should_rest(self, watch: AdapterWatch, stream: str, wanted: Wanted) -> bool:
        what = wanted.of(stream)
        if what != DRAIN:
            return what == FREEZE
        told = watch.last_look.streams.get(stream)
        if told is not None and not watch.last_look.error and not told.get("pending_records"):
            self._drained.add(stream)
        return stream in self._drained

    def _is_drained(self, wanted: Wanted) -> bool:
        draining = [name for name in self._streams() if wanted.of(name) == DRAIN]
        return bool(draining) and self._drained.issuperset(draining)

    def _is_seen(self, wanted: Wanted) -> bool:
        """Do the engines themselves say that they do what is wanted?"""
        return all(
            not watch.last_look.error and (stream in watch.last_look.frozen) == rests
            for watch in self._watches
            for stream in watch.adapter.streams
            for rests in [self._should_rest(watch, stream, wanted)]
            if rests or self._is_ours(stream)
        )

    def _streams(self) -> list[str]:
        return [stream for watch in self._watches for stream in watch.adapter.streams]

    def _say(self, state: DesiredState, phase: str, detail: str, at: datetime) -> bool:
        if (phase, detail) in self._said:
            return False
        mark = f"{self._progress.since}:{detail}"
        entry = status_entry(state.order, phase, at=at, detail=detail, mark=mark)
        if entry is not None:
            self._outbox.append_all([entry], at=at)
        self._said.add((phase, detail))
        self._progress.reached = phase
        self._keep_progress()
        return True

    # -- whose doing it is that a stream stands still

    def _is_ours(self, stream: str) -> bool:
        return self._progress.ours is None or stream in self._progress.ours

    def _own(self, stream: str) -> None:
        self._progress.ours = sorted({*(self._progress.ours or ()), stream})
        self._keep_progress()

    def _disown(self, stream: str) -> None:
        self._progress.ours = [name for name in self._progress.ours or () if name != stream]
        self._keep_progress()

    def _keep_progress(self) -> None:
        told = self._progress
        self._outbox.put_secret(
            PROGRESS,
            json.dumps(asdict(told)),
        )

    def _read_progress(self) -> _Progress:
        text = self._outbox.secret(PROGRESS)
        if text is None:
            return _Progress()
        return _Progress(**json.loads(text))
