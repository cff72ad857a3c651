"""The server door: sites and live viewers have small applications of their own before Django."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django
from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bcp_portal.settings")
# The doors below import models, which only a set-up Django has.
django.setup()

from bcp_portal.live.stream import live_stream  # noqa: E402
from bcp_portal.wsgi import application as pages  # noqa: E402
from telemetry.ingest.door import site_door, writer  # noqa: E402
from telemetry.ingest.otlp_door import OtlpDoor  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

otlp_door = OtlpDoor(writer)
# Measured: pages are served fastest by plain synchronous Django on a fixed pool of threads.
# Django types its own environ.
django_pages = WSGIMiddleware(pages, workers=12)  # type: ignore[arg-type]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await live_stream.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a request to the door it belongs to."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    path: str = scope.get("path", "")
    if path.startswith("/api/telemetry/v1/"):
        await site_door(scope, receive, send)
    elif path.startswith("/otlp/"):
        await otlp_door(scope, receive, send)
    elif path == "/live/":
        await live_stream(scope, receive, send)
    else:
        await django_pages(scope, receive, send)  # type: ignore[arg-type]  # a2wsgi has narrower dicts
