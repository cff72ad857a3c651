"""Just enough HTTP for the site door: read a body within its limits, write a JSON answer."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from telemetry.ingest.decode import MAX_BYTES, UnreadableBatchError, unzip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
_encoder = msgspec.json.Encoder()


class HangUpError(Exception):
    """The sender went away before it had said everything."""


Told = dict[bytes, bytes]


def headers_of(scope: Scope) -> Told:
    """The headers of a request by their names, which servers give in lower case."""
    return dict(scope["headers"])


def bearer(told_headers: Told) -> str:
    """The token of the request, or nothing."""
    told = told_headers.get(b"authorization", b"").decode("latin-1")
    if told[:7].lower() != "bearer ":
        return ""
    token = told[7:].strip()
    return token if token.isascii() else ""


async def read_body(told: Told, receive: Receive) -> bytes:
    """Read a body of at most a batch's size, unpacked if it came as gzip."""
    encoding = told.get(b"content-encoding", b"").decode("latin-1").lower().strip()
    if encoding not in ("", "identity", "gzip"):
        raise UnreadableBatchError(
            415, f"Content-Encoding {encoding[:40]} is not understood; use gzip or none."
        )
    length = told.get(b"content-length", b"")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise UnreadableBatchError(413, "The batch is larger than 1 MiB; split it.")
    body = await _collect(receive)
    return unzip(body) if encoding == "gzip" else body


async def _collect(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body") and message["type"] == "http.request":
        return body
    parts, weight = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HangUpError
        parts.append(message.get("body", b""))
        weight += len(parts[-1])
        if weight > MAX_BYTES:
            raise UnreadableBatchError(413, "The batch is larger than 1 MiB; split it.")
    if message["type"] == "http.disconnect":
        raise HangUpError
    return b"".join(parts)


async def answer(send: Send, status: int, content: Any, headers: Headers = ()) -> None:
    """Write one JSON answer."""
    body = b"" if content is None else _encoder.encode(content)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
