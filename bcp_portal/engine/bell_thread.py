"""The threads that ring: a hung Redis can slow them, never the request that pressed the bell."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable

import redis
from kombu.exceptions import OperationalError

from bcp_portal.engine.wires import Wire, the_wire
from bcp_portal.engine.worker_bell import WorkerBell

logger = logging.getLogger(__name__)

Press = tuple[str, str]
RING_FAILURES = (OSError, redis.RedisError, OperationalError)


class Breaker:
    """Stops asking somebody who does not answer, and asks again after a while."""

    def __init__(self, *, failures: int = 3, rest_s: float = 5.0) -> None:
        self._allowed = failures
        self._rest_s = rest_s
        self._failed = 0
        self._again_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether rings are being dropped at the moment."""
        return self._failed >= self._allowed and time.monotonic() < self._again_at

    def succeeded(self) -> bool:
        """Note an answer; return whether it is the first one after an outage."""
        was_down, self._failed = self._failed >= self._allowed, 0
        return was_down

    def failed(self) -> bool:
        """Note a failure; return whether it is the one that opens the breaker."""
        self._failed += 1
        self._again_at = time.monotonic() + self._rest_s
        return self._failed == self._allowed


class Ringer:
    """One queue, one thread, one breaker. A press that finds the queue full is dropped."""

    def __init__(self, name: str, make_ring: Callable[[], Callable[[Press], None]]) -> None:
        self.name = name
        self.breaker = Breaker()
        self._make_ring = make_ring
        self._presses: queue.Queue[Press] = queue.Queue(maxsize=1000)
        self._lock = threading.Lock()
        self._is_started = False

    def press(self, press: Press) -> None:
        """Ask for a ring and return at once."""
        if not self._is_started:
            self._start()
        try:
            self._presses.put_nowait(press)
        except queue.Full:
            return  # harmless: the engine looks every second anyway

    def _start(self) -> None:
        with self._lock:
            if not self._is_started:
                threading.Thread(target=self._work, name=f"bell-{self.name}", daemon=True).start()
                self._is_started = True

    def _work(self) -> None:
        ring = self._make_ring()
        while True:
            waiting = {self._presses.get(): None}  # a dict keeps the order and drops the repeats
            while not self._presses.empty():
                waiting[self._presses.get()] = None
            for press in waiting:
                if not self.breaker.is_open:
                    self._ring_once(ring, press)

    def _ring_once(self, ring: Callable[[Press], None], press: Press) -> None:
        try:
            ring(press)
        except RING_FAILURES as error:
            if self.breaker.failed():
                logger.warning(
                    "The %s bell does not ring (%s); the engine looks every second without it",
                    self.name,
                    error,
                )
        else:
            if self.breaker.succeeded():
                logger.info("The %s bell rings again", self.name)


def _ring_listeners() -> Callable[[Press], None]:
    wire: Wire = the_wire()
    return lambda press: wire.send(*press)


def _ring_worker() -> Callable[[Press], None]:
    worker_bell = WorkerBell()
    return lambda press: worker_bell.tell(int(press[1]))


class Bell:
    """Takes presses without ever waiting and rings them from threads of its own."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked child must: threads do not survive a fork, held locks do."""
        self.wake = Ringer("wake", _ring_listeners)
        # Celery's library has its own ideas of patience: it must not hold up the other rings.
        self.work = Ringer("work", _ring_worker)

    def press(self, topic: str, word: str) -> None:
        """Ask for a ring of listeners ("engine", "live") or of a worker ("job") and return."""
        (self.work if topic == "job" else self.wake).press((topic, word))


bell = Bell()
os.register_at_fork(after_in_child=bell.reset)
