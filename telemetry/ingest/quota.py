"""How much one device may say: a bucket for each, refilled as time passes.

Counted in each process for itself: with N web processes a device may say up to N times as much,
which is still a bound. A site that comes home with a backlog draws on what it saved while silent.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from telemetry.ingest.decode import DecodedBatch, document_of, items_of

SAVED_MINUTES = 10
_MOST_REMEMBERED = 50_000


class QuotaBook:
    """The buckets of all devices of this process; `a_minute` 0 means no limit."""

    def __init__(self, a_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most = a_minute / 60, float(a_minute * SAVED_MINUTES)
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def is_spent(self, device_id: int) -> bool:
        """Whether nothing at all would be taken now: asked before a body is read."""
        return self._most > 0 and self._now(device_id)[0] < 1

    def take(self, device_id: int, wanted: int) -> int:
        """How many of these items may be stored; they are counted as said."""
        if self._most <= 0:
            return wanted
        left, now = self._now(device_id)
        granted = min(wanted, int(left))
        if len(self._left) >= _MOST_REMEMBERED:
            # Whoever is forgotten begins with a full bucket, as after a restart.
            self._left.clear()
        self._left[device_id] = (left - granted, now)
        return granted

    def wait_s(self, device_id: int, wanted: int = 1) -> int:
        """Seconds until so many items would be taken (or as many as a bucket holds)."""
        if self._most <= 0:
            return 1
        lacking = min(wanted, self._most) - self._now(device_id)[0]
        return max(1, math.ceil(lacking / self._rate))

    def _now(self, device_id: int) -> tuple[float, float]:
        now = self._clock()
        left, then = self._left.get(device_id, (self._most, now))
        return min(self._most, left + (now - then) * self._rate), now


def first_of(batch: DecodedBatch, count: int) -> DecodedBatch:
    """The part of a batch that is within the quota: its first items."""
    texts = items_of(batch.document)[:count]
    return replace(batch, items=batch.items[:count], document=document_of(batch.envelope, texts))
