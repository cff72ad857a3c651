"""The till of one demo shop: it sells, pushes, forgets, spoils, and loses its power."""

import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from bcp_portal.demo.places import Place
from bcp_portal.demo.stock import SKU, forgets, has_quota_left, shop_leases
from siaga_agent.adapters.base import Findings
from siaga_agent.demo_source import STREAM
from siaga_agent.store import Json
from siaga_agent.till_push import Pusher
from siaga_agent.till_queue import TillQueue

LOOK_EVERY_S = 2.0
PUSH_EVERY_S = 10.0
SALES_A_MINUTE = {"branch": 6.0, "warehouse": 4.0, "vehicle": 1.0}
RUSH_GAP_S = 0.5


class TillAdapter:
    """Looks after the till of a site from inside the same process."""

    name = f"till:{STREAM}"
    streams: tuple[str, ...] = (STREAM,)
    every_s = LOOK_EVERY_S

    def __init__(self, home: Path, shop: str) -> None:
        self._home, self._shop = home, shop
        self._mine = threading.local()

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Read the queue and the sessions that are new."""
        queue = self._queue()
        sessions, last = queue.sessions_after(int(cursor.get("session", 0)))
        is_frozen = (self._home / "frozen").exists()
        return Findings(
            streams=[queue.sample(STREAM, "critical") | {"leases": self._leases(queue)}],
            sessions=[session | {"stream": STREAM} for session in sessions],
            cursor={"session": last},
            frozen=frozenset([STREAM]) if is_frozen else frozenset(),
        )

    def freeze(self, stream: str) -> None:
        """Stop pushing."""
        (self._home / "frozen").touch()

    def thaw(self, stream: str) -> None:
        """Push again."""
        (self._home / "frozen").unlink(missing_ok=True)

    def _leases(self, queue: TillQueue) -> list[Json]:
        return shop_leases(queue, self._shop)

    def _queue(self) -> TillQueue:
        # SQLite's connections stay with their thread.
        if not hasattr(self._mine, "queue"):
            self._mine.queue = TillQueue(self._home)
        queue: TillQueue = self._mine.queue
        return queue


class Till:
    """Sells at the pace of its place, pushes every ten seconds, drains a backlog at once."""

    def __init__(self, home: Path, place: Place, *, central_port: int) -> None:
        self._home = home
        self._queue = TillQueue(home)
        central = f"http://127.0.0.1:{central_port}"
        self._pusher = Pusher(home, self._queue, central=central, till=place.code)
        self._dice = random.Random()
        self._gap = 60.0 / SALES_A_MINUTE[place.kind]
        # A push that the last run never ended is told before anything else happens.
        self.was_cut_off = self._pusher.recover()
        self._next_sale = time.monotonic() + self._gap * self._dice.random()
        self._next_push = time.monotonic() + PUSH_EVERY_S * self._dice.random()

    def step(self, stopping: threading.Event) -> None:
        """Do what is due; raises PowerCutError in the middle of a push."""
        now = time.monotonic()
        if now >= self._next_sale:
            self._sell(now)
        if (self._home / "repair").exists():
            (self._home / "repair").unlink()
            self._pusher.repair()
        if now >= self._next_push:
            while not forgets(self._home) and self._pusher.push() and not stopping.is_set():
                pass
            self._next_push = time.monotonic() + PUSH_EVERY_S

    def _sell(self, now: float) -> None:
        if forgets(self._home) and has_quota_left(self._queue):
            self._queue.ring_up(at=datetime.now(UTC), dice=self._dice, sku=SKU)
            self._next_sale = now + RUSH_GAP_S
            return
        self._queue.ring_up(at=datetime.now(UTC), dice=self._dice)
        self._next_sale = now + self._gap * self._dice.expovariate(1.0)
