"""Waiting for real things, in the tests of the agent."""

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
