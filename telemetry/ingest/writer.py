"""Group commit: a few threads, each storing whatever arrived while it stored the last group.

There is no timer: a lone batch is stored at once, and under load groups form by themselves.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils import timezone

from telemetry.ingest.news import PortalNews, read_news
from telemetry.ingest.orders import EpochHints
from telemetry.ingest.plan import Arrival, Outcome
from telemetry.ingest.store import StoreUnavailableError, store_group
from telemetry.ingest.witness import WitnessBook

logger = logging.getLogger(__name__)

MOST_IN_A_GROUP = 256
MOST_BYTES_IN_A_GROUP = 4 * 1024 * 1024
MOST_WAITING = 2000
MOST_BYTES_WAITING = 64 * 1024 * 1024
_NEWS_EVERY_S = 1.0


class TooBusyError(Exception):
    """More waits than can be stored soon; the sender is to come again later."""


@dataclass(slots=True)
class _Waiting:
    arrival: Arrival
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Outcome]


class Writer:
    """Takes batches from the door and answers each once it is durable."""

    def __init__(self, threads: int) -> None:
        self._threads_wanted = threads
        self._threads: list[threading.Thread] = []
        self._queue: deque[_Waiting] = deque()
        # Two counters instead of one: each is written by one side only, and needs no lock.
        self._bytes_in = self._bytes_out = 0
        self._condition = threading.Condition()
        self._idle = 0
        self.news = PortalNews()
        self.witnesses = WitnessBook()
        self.hints = EpochHints()

    def store(self, arrival: Arrival) -> asyncio.Future[Outcome]:
        """Queue a batch; the future is done when it is committed, or cannot be."""
        if self.pressure >= 1:
            raise TooBusyError
        if not self._threads:
            self._start()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(arrival, loop, loop.create_future())
        self._bytes_in += len(arrival.batch.document)
        self._queue.append(waiting)
        # A thread says that it is idle before it looks at the queue for the last time: either
        # we see that, or it sees what we have just put there.
        if self._idle:
            with self._condition:
                self._condition.notify()
        return waiting.future

    @property
    def pressure(self) -> float:
        """How full the queue is, from 0 to 1."""
        weight = self._bytes_in - self._bytes_out
        return max(len(self._queue) / MOST_WAITING, weight / MOST_BYTES_WAITING)

    def _start(self) -> None:
        for number in range(self._threads_wanted):
            thread = threading.Thread(target=self._run, name=f"ingest-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self) -> None:
        while True:
            group = self._take()
            answers = self._answers([waiting.arrival for waiting in group])
            by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, _Answer]]] = {}
            for waiting, answer in zip(group, answers, strict=True):
                by_loop.setdefault(waiting.loop, []).append((waiting, answer))
            for loop, pairs in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_deliver, pairs)

    def _take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        weight = 0
        with self._condition:
            self._idle += 1
            while not self._queue:
                self._condition.wait()
            self._idle -= 1
            while self._queue and len(group) < MOST_IN_A_GROUP and weight < MOST_BYTES_IN_A_GROUP:
                waiting = self._queue.popleft()
                weight += len(waiting.arrival.batch.document)
                group.append(waiting)
            self._bytes_out += weight
        return group

    def _answers(self, arrivals: Sequence[Arrival]) -> "Sequence[_Answer]":
        at = timezone.now()
        try:
            outcomes = store_group(arrivals, at=at)
            self._refresh_news(at)
        except StoreUnavailableError as error:
            logger.error("Ingest cannot store: %s", error)
            connection.close()
            return [error] * len(arrivals)
        except Exception as error:  # the thread must outlive whatever it met
            logger.exception("Ingest failed in a way nobody foresaw")
            connection.close()
            return [StoreUnavailableError(str(error))] * len(arrivals)
        return outcomes

    def _refresh_news(self, at: datetime) -> None:
        age = (at - self.news.read_at).total_seconds() if self.news.read_at else _NEWS_EVERY_S
        if age < _NEWS_EVERY_S:
            return
        try:
            self.hints.refresh()
            self.news = read_news(at=at)
            self.witnesses.keep(at=at)
        except DatabaseError as error:
            # What was stored is stored; the reply says what was known a moment ago.
            logger.warning("No news for the replies: %s", error)


_Answer = Outcome | StoreUnavailableError


def _deliver(pairs: list[tuple[_Waiting, _Answer]]) -> None:
    for waiting, answer in pairs:
        if waiting.future.done():
            continue  # the sender hung up; what it sent is stored all the same
        if isinstance(answer, Outcome):
            waiting.future.set_result(answer)
        else:
            waiting.future.set_exception(answer)
