"""A viewer without a browser: speaks ASGI to the stream and keeps what it hears."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from bcp_portal.live.services import publish
from bcp_portal.live.stream import LiveStream
from tests.make_engine import NOON

LONG_ENOUGH = 10.0


@dataclass
class Listener:
    """One connection to the stream."""

    stream: LiveStream
    key: str
    last_id: int | None = None
    status: int | None = None
    text: str = ""
    is_blocked: bool = False
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task | None = None

    async def open(self) -> "Listener":
        self._task = asyncio.create_task(self.stream(self._scope(), self._receive, self._send))
        await self.until(lambda: self.status is not None)
        return self

    async def leave(self) -> None:
        self._gone.set()
        await self.ended()

    async def ended(self) -> None:
        async with asyncio.timeout(LONG_ENOUGH):
            await self._task

    async def until(self, holds) -> None:
        async with asyncio.timeout(LONG_ENOUGH):
            while not holds():
                await asyncio.sleep(0.005)

    async def hears(self, topic: str) -> dict:
        """Wait for an event about a topic."""
        await self.until(lambda: any(event["topic"] == topic for event in self.events))
        return next(event for event in self.events if event["topic"] == topic)

    @property
    def events(self) -> list[dict]:
        return [data for name, data in self.messages if name == "live"]

    @property
    def messages(self) -> list[tuple[str, dict]]:
        found = []
        for block in self.text.split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n"))
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found

    def _scope(self) -> dict:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={self.key}".encode())]
        if self.last_id is not None:
            headers.append((b"last-event-id", str(self.last_id).encode()))
        return {"type": "http", "method": "GET", "path": "/live/", "headers": headers}

    async def _receive(self) -> dict:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        while self.is_blocked:
            await asyncio.sleep(0.005)
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message["body"].decode()


def sign_in(user) -> str:
    client = Client()
    client.force_login(user, backend="bcp_portal.accounts.backends.OneQuestionBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def tell(topic: str, *, at=NOON, **options) -> None:
    """Publish; the suite's SQLite may live in memory, where a reader can refuse a writer."""
    async with asyncio.timeout(LONG_ENOUGH):
        while True:
            with contextlib.suppress(OperationalError):
                await sync_to_async(publish)(topic=topic, kind="changed", at=at, **options)
                return
            await asyncio.sleep(0.005)
