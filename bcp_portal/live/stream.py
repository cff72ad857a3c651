"""The door of the live stream: a small ASGI application that lets signed-in people listen."""

import asyncio
import gc
import logging
import random
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from django.db import Error, close_old_connections

from bcp_portal.live.audience import Access, access_of, session_key
from bcp_portal.live.hub import Hub, Viewer

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_VIEWERS = 5000
CHECK_EVERY_S = 60.0
# Several screens of one person ask once.
REMEMBER_ACCESS_S = 15.0

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Doorkeeper:
    """Knows what the person of a session may hear, and asks again when that is old."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live-door")
        self._asked: dict[str, tuple[float, asyncio.Future[Access | None]]] = {}

    async def access(self, key: str) -> Access | None:
        """Return what a session may hear; None for nobody. Raise if the database cannot say."""
        if not key:
            return None
        now = monotonic()
        asked = self._asked.get(key)
        if asked is None or asked[0] + REMEMBER_ACCESS_S < now or _has_failed(asked[1]):
            self._forget(now)
            loop = asyncio.get_running_loop()
            asked = (now, loop.run_in_executor(self._threads, _ask, key))
            self._asked[key] = asked
        return await asyncio.shield(asked[1])

    def close(self) -> None:
        """Ask nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget(self, now: float) -> None:
        old = [key for key, (at, _) in self._asked.items() if at + REMEMBER_ACCESS_S < now]
        for key in old:
            del self._asked[key]


class LiveStream:
    """All viewers of one process behind one door."""

    def __init__(self) -> None:
        self._hub: Hub | None = None
        self._doorkeeper: Doorkeeper | None = None
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one viewer listen until it leaves."""
        if scope["method"] != "GET":
            await _refuse(send, 405, "Only GET.")
            return
        hub, doorkeeper = self._open()
        key = session_key(scope["headers"])
        try:
            access = await doorkeeper.access(key)
        except Error:
            await _refuse(send, 503, "The database does not answer; try again.")
            return
        if access is None:
            await _refuse(send, 401, "Sign in first.")
        elif self._is_closing or hub.count >= MOST_VIEWERS:
            await _refuse(send, 503, "Too many viewers; try again.")
        else:
            await hub.started
            await self._serve(hub, Viewer(access), key, scope, receive, send)

    async def close(self) -> None:
        """End every stream, at the end of the process."""
        self._is_closing = True
        if self._hub is not None and self._doorkeeper is not None:
            await self._hub.close()
            self._doorkeeper.close()
            self._hub = self._doorkeeper = None
        self._is_closing = False

    def _open(self) -> tuple[Hub, Doorkeeper]:
        if self._hub is None or self._doorkeeper is None:
            # What lives as long as the process is not looked through again for each collection:
            # a pause of a tenth of a second would be seen on every screen.
            gc.freeze()
            self._hub, self._doorkeeper = Hub(), Doorkeeper()
            _end_streams_on_sigterm(self._hub)
        return self._hub, self._doorkeeper

    async def _serve(
        self, hub: Hub, viewer: Viewer, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        # Not all at the same moment after a restart.
        viewer.push(b"retry: %d\n\n" % random.randint(800, 2500))
        hub.join(viewer, _last_event_id(scope["headers"]))
        gone = asyncio.ensure_future(_disconnected(receive))
        gone.add_done_callback(lambda _: viewer.close())
        try:
            await self._send_all(viewer, key, send)
        finally:
            gone.cancel()
            hub.leave(viewer)

    async def _send_all(self, viewer: Viewer, key: str, send: Send) -> None:
        check_at = monotonic() + CHECK_EVERY_S * random.uniform(0.5, 1.0)
        while chunk := await viewer.next():
            viewer.busy_since = now = monotonic()
            if now > check_at:
                check_at = now + CHECK_EVERY_S
                if not await self._is_still_welcome(viewer, key):
                    break
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            viewer.busy_since = 0.0
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _is_still_welcome(self, viewer: Viewer, key: str) -> bool:
        if self._hub is None or self._doorkeeper is None:
            return False
        try:
            access = await self._doorkeeper.access(key)
        except Error:
            return True  # a database that restarts must not send everybody away
        if access is not None and access != viewer.access:
            self._hub.move(viewer, access)
        return access is not None


def _ask(key: str) -> Access | None:
    close_old_connections()
    try:
        return access_of(key)
    finally:
        close_old_connections()


def _has_failed(future: "asyncio.Future[Access | None]") -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})


def _last_event_id(headers: list[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name == b"last-event-id" and value.isdigit() and len(value) < 19:
            return int(value)
    return None


def _end_streams_on_sigterm(hub: Hub) -> None:
    """End streams as soon as the server is told to stop: it waits for open ones otherwise."""
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)
    loop = asyncio.get_running_loop()

    def stop(number: int, frame: Any) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(hub.end_streams)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, stop)


live_stream = LiveStream()
