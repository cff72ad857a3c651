"""One look at the database for all viewers of a process, and a short queue for each of them."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TypeVar

from django.db import Error, close_old_connections, connections
from django.utils import timezone

from bcp_portal.engine.health import engine_pulse
from bcp_portal.engine.listen import BellListener
from bcp_portal.live.audience import Access
from bcp_portal.live.journal import Coalescer, Heard, Memory, Reader, heard, message
from bcp_portal.live.models import LiveEvent

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_EVERY_S = 0.25
SHORTEST_LOOK_S = 0.02
PULSE_EVERY_S = 5.0
AFTER_FAILURE_S = 1.0
# Messages that may wait for one viewer before it is told to start over.
QUEUE = 100
# A viewer that takes nothing for so long is let go.
SEND_WITHIN_S = 20.0
RESYNC = message("resync", {})


class Viewer:
    """One open screen: what waits to be sent to it."""

    __slots__ = ("_sleeper", "_task", "_waiting", "access", "busy_since", "is_closing")

    def __init__(self, access: Access) -> None:
        self.access = access
        self.is_closing = False
        self.busy_since = 0.0  # when the sending of a message began; zero while there is none
        self._task = asyncio.current_task()
        self._waiting: list[bytes] = []
        self._sleeper: asyncio.Future[None] | None = None

    def push(self, chunk: bytes) -> None:
        """Queue a message without waiting; who has too many waiting is told to start over."""
        if self.is_closing:
            return
        if len(self._waiting) >= QUEUE:
            self._waiting = []
            chunk, self.is_closing = RESYNC, True
        self._waiting.append(chunk)
        self._wake()

    def close(self) -> None:
        """End the stream after what is queued."""
        self.is_closing = True
        self._wake()

    def let_go(self) -> None:
        """Give up on a viewer whose connection takes nothing more."""
        if self._task is not None:
            self._task.cancel()

    async def next(self) -> bytes:
        """Wait for something to send; empty when there is nothing more to come."""
        if not self._waiting and not self.is_closing:
            self._sleeper = asyncio.get_running_loop().create_future()
            await self._sleeper
        waiting, self._waiting = self._waiting, []
        return waiting[0] if len(waiting) == 1 else b"".join(waiting)

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)


class Hub:
    """Looks for events at a ring and four times a second, and hands them to its viewers."""

    def __init__(self) -> None:
        self._groups: dict[Access, set[Viewer]] = {}
        self._reader = Reader()
        self._memory = Memory()
        self._coalescer = Coalescer()
        self._rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-look")
        self._bell = BellListener("live", self._ring)
        self._is_lost = False
        self.pulse = message("pulse", {"at": timezone.now().isoformat(), "engine_age_s": None})
        self.count = 0
        self.started = self._loop.create_task(self._begin())
        self._tasks = [self._loop.create_task(self._look()), self._loop.create_task(self._beat())]
        self._bell.start()

    def join(self, viewer: Viewer, last_id: int | None) -> None:
        """Let a viewer hear what comes, after what it missed."""
        if last_id is not None:
            missed = self._memory.since(last_id)
            viewer.push(RESYNC if missed is None else _for(viewer.access, missed))
        viewer.push(self.pulse)
        self._groups.setdefault(viewer.access, set()).add(viewer)
        self.count += 1

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        group = self._groups.get(viewer.access)
        if group is None or viewer not in group:
            return
        group.discard(viewer)
        self.count -= 1
        if not group:
            del self._groups[viewer.access]

    def move(self, viewer: Viewer, access: Access) -> None:
        """Let a viewer hear what its person may hear by now."""
        self.leave(viewer)
        viewer.access = access
        self._groups.setdefault(access, set()).add(viewer)
        self.count += 1

    async def close(self) -> None:
        """End every stream and the looking."""
        self._bell.close()
        for task in (self.started, *self._tasks):
            task.cancel()
        self.end_streams()
        self._threads.submit(connections.close_all)
        self._threads.shutdown(wait=False)

    def end_streams(self) -> None:
        """Tell every viewer that this process ends; they come back to the next one."""
        for group in self._groups.values():
            for viewer in group:
                viewer.close()

    def _ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    async def _begin(self) -> None:
        while (events := await self._ask(lambda: self._reader.begin(timezone.now()))) is None:
            await asyncio.sleep(AFTER_FAILURE_S)
        self._memory.keep(heard(event, arrived=0.0) for event in events)

    async def _look(self) -> None:
        await self.started
        while True:
            began = monotonic()
            # Cleared before the look: a ring that comes during it must lead to another one.
            self._rung.clear()
            events = await self._ask(self._reader.news) if self._groups else None
            self._tell(self._coalescer.pass_on(events or [], monotonic()))
            await self._wait(began)

    async def _wait(self, began: float) -> None:
        if self._is_lost:
            await asyncio.sleep(AFTER_FAILURE_S)
            return
        held = self._coalescer.wait(monotonic())
        rest = min(LOOK_EVERY_S, LOOK_EVERY_S if held is None else held)
        try:
            async with asyncio.timeout(rest):
                await self._rung.wait()
        except TimeoutError:
            return
        # Many changes ring many bells; one look serves them all.
        await asyncio.sleep(max(0.0, began + SHORTEST_LOOK_S - monotonic()))

    def _tell(self, events: list[LiveEvent]) -> None:
        if not events:
            return
        arrived = monotonic()
        news = [heard(event, arrived=arrived) for event in events]
        self._memory.keep(news)
        for access, group in self._groups.items():
            if chunk := _for(access, news):
                for viewer in group:
                    viewer.push(chunk)

    async def _beat(self) -> None:
        while True:
            at = timezone.now()
            age = await self._ask(partial(_engine_age, at))
            self.pulse = message("pulse", {"at": at.isoformat(), "engine_age_s": age})
            stuck = monotonic() - SEND_WITHIN_S
            for group in self._groups.values():
                for viewer in group:
                    viewer.push(self.pulse)
                    if 0.0 < viewer.busy_since < stuck:
                        viewer.let_go()
            await asyncio.sleep(PULSE_EVERY_S)

    async def _ask(self, question: Callable[[], T]) -> T | None:
        try:
            answer = await self._loop.run_in_executor(self._threads, _with_connection, question)
        except Error as error:
            if not self._is_lost:
                logger.warning("The live stream lost the database (%s); looking again", error)
            self._is_lost = True
            return None
        if self._is_lost:
            logger.info("The live stream has its database again")
        self._is_lost = False
        return answer


def _with_connection(question: Callable[[], T]) -> T:
    try:
        return question()
    except Error:
        connections.close_all()
        raise


def _engine_age(at: datetime) -> float | None:
    close_old_connections()
    return engine_pulse(at).age_s


def _for(access: Access, news: list[Heard]) -> bytes:
    return b"".join(item.chunk for item in news if access.may_hear(item.event))
