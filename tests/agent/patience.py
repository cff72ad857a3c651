"""Waiting for real things, and free ports for them."""

import socket
import time
from collections.abc import Callable
from typing import Any

# Engines retry after pauses of up to a minute of their own; nothing here asserts a time.
LONG_ENOUGH = 180.0


def wait_until(reached: Callable[[], Any], *, seconds: float = LONG_ENOUGH, what: str = "") -> Any:
    """Ask again and again until the answer is true; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := reached()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or reached}")
        time.sleep(0.1)
    return answer


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
