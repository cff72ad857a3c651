"""The thread that rings: a hung Redis can slow it, never the request that pressed the bell."""

import queue
import threading


class Bell:
    """Takes presses without ever waiting and rings them from a thread of its own."""

    def __init__(self) -> None:
        self._presses: queue.Queue[tuple[str, str]] = queue.Queue(maxsize=1000)
        self._lock = threading.Lock()

    def press(self, topic: str, word: str) -> None:
        """Ask for a ring and return at once; a full queue drops the press, which is harmless."""
        try:
            self._presses.put_nowait((topic, word))
        except queue.Full:
            return


bell = Bell()
