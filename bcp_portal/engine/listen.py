"""The hearing side of a doorbell: wakes its owner at a ring, and never holds it up."""

import logging
import threading
from collections.abc import Callable

import redis

from bcp_portal.engine.wires import the_wire

logger = logging.getLogger(__name__)

AGAIN_AFTER_S = 2.0


class BellListener:
    """Listens in a thread of its own: a wire that hangs or breaks costs promptness, nothing else.

    The owner waits with a time-out and looks by itself when nothing rings.
    """

    def __init__(self, topic: str, on_ring: Callable[[], None] | None = None) -> None:
        self._topic = topic
        self._on_ring = on_ring
        self._rung = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"listen-{topic}", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Wait for a ring, at most so long; return whether there was one."""
        rung = self._rung.wait(timeout)
        self._rung.clear()
        return rung

    def wake(self) -> None:
        """Ring from inside the process."""
        self._rung.set()
        if self._on_ring is not None:
            self._on_ring()

    def close(self) -> None:
        """Stop listening; the thread ends by itself within a second."""
        self._stopped.set()
        self.wake()

    def join(self, *, within: float) -> None:
        """Wait for the thread, so that it can clear its socket away."""
        self._thread.join(within)

    def _listen(self) -> None:
        wire = the_wire()
        is_heard = True
        while not self._stopped.is_set():
            try:
                wire.listen(self._topic, lambda _word: self.wake(), self._stopped.is_set)
            except (OSError, redis.RedisError) as error:
                if is_heard:
                    logger.warning(
                        "Rings of %s are not heard (%s); looking every second", self._topic, error
                    )
                is_heard = False
                self._stopped.wait(AGAIN_AFTER_S)
