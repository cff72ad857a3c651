"""A few threads for what may be slow, so that the loop never waits."""

import logging
import queue
import threading
import time
from collections.abc import Callable

from django.db import Error, close_old_connections, connections

logger = logging.getLogger(__name__)

Work = Callable[[], object]


class Hands:
    """Threads that do one piece of work each at a time; work of one name never runs twice at once.

    They are daemons: whatever hangs in them cannot keep the process from ending.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._given: queue.SimpleQueue[tuple[str, Work] | None] = queue.SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    @property
    def free(self) -> int:
        """How many more pieces of work can begin at once."""
        with self._lock:
            return max(0, self._count - len(self._busy))

    def give(self, name: str, work: Work) -> bool:
        """Have work done, unless work of that name is still going on."""
        with self._lock:
            if name in self._busy:
                return False
            self._busy.add(name)
        self._given.put((name, work))
        return True

    def close(self, *, within: float) -> bool:
        """Let what has begun come to its end; return whether it did in time."""
        for _ in range(self._count):
            self._given.put(None)
        ends = time.monotonic() + within
        while self._busy and time.monotonic() < ends:
            time.sleep(0.02)
        return not self._busy

    def _work(self) -> None:
        while (given := self._given.get()) is not None:
            name, work = given
            close_old_connections()
            try:
                work()
            except Error as error:
                logger.warning("%s was interrupted by the database: %s", name, error)
                connections.close_all()
            except Exception:
                logger.exception("%s met a bug; it will be tried again", name)
            finally:
                with self._lock:
                    self._busy.discard(name)
        connections.close_all()
