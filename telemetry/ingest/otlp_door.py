"""The door for OTLP/HTTP metrics: the device's own token, and what it says is a heartbeat.

OTLP has no sequence numbers and sends again what it is unsure of. So each device has a sequence
of its own here, counted by us, and what is not newer than the last export is a repeat.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.conf import settings

from telemetry.ingest.decode import DecodedBatch, UnreadableBatchError, decode_batch
from telemetry.ingest.door import SiteDoor
from telemetry.ingest.http import Receive, Scope, Send, answer, headers_of, read_body
from telemetry.ingest.otlp import read_points
from telemetry.ingest.otlp_heartbeat import Item, heartbeat_of
from telemetry.ingest.plan import Arrival
from telemetry.ingest.tokens import TokenHolder
from telemetry.keeping.reading import sampled_at_of
from telemetry.models import SequenceLedger

PATH = "/otlp/v1/metrics"
_KINDS = {b"application/x-protobuf": False, b"application/json": True}


class OtlpDoor(SiteDoor):
    """Metrics of any OpenTelemetry exporter, at `/otlp` as its endpoint."""

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH or scope["method"] != "POST":
            raise UnreadableBatchError(404, f"OTLP metrics are sent by POST to {PATH}.")
        told = headers_of(scope)
        holder = await self._holder(told)
        is_json = _KINDS.get(told.get(b"content-type", b"").split(b";")[0].strip().lower())
        if is_json is None:
            raise UnreadableBatchError(415, "Send application/x-protobuf or application/json.")
        with self._turn(holder.device_id, most=1):
            points = read_points(await read_body(told, receive), is_json=is_json)
            item, strange = heartbeat_of(points)
            sentence = await self._take(item, holder) if item else ""
        if strange and not sentence:
            sentence = f"{strange} points carry no metric that is known here; see the manual."
        await _thank(send, is_json=is_json, refused=strange, sentence=sentence)

    async def _take(self, item: Item, holder: TokenHolder) -> str:
        """Store one heartbeat; what is to be said about it, or nothing."""
        batch = await self._borrow(_batch_of)(item, holder)
        if batch is None:
            return "Nothing in it is newer than what is known; it was not stored again."
        if batch.rejected:
            raise UnreadableBatchError(400, batch.rejected[0].error)
        self._over(holder.device_id, batch)
        arrival = Arrival.now(holder.device_id, datetime.now(UTC), batch)
        outcome = await self._writer.store(arrival)
        if outcome.is_refused:
            raise UnreadableBatchError(403, "This device token was revoked.")
        return outcome.rejected[0].error if outcome.rejected else ""


def boot_of(holder: TokenHolder) -> UUID:
    """The sequence of a device's OTLP exports: always the same one."""
    return uuid5(UUID(holder.node_id), "otlp")


def _batch_of(item: Item, holder: TokenHolder) -> DecodedBatch | None:
    """The export as a batch with the next number, or None if it repeats what is known."""
    boot_id, at = boot_of(holder), datetime.fromisoformat(item["at"])
    ledger = SequenceLedger.objects.filter(device_id=holder.device_id, boot_id=boot_id).first()
    last = ledger.received[-1][1] if ledger and ledger.received else 0
    now = datetime.now(UTC)
    if last and _newest(holder.device_id, boot_id, last, now) >= at:
        return None
    envelope = {
        "schema": "telemetry/1",
        "node_id": holder.node_id,
        "boot_id": str(boot_id),
        "sent_at": max(now, at + timedelta(0)).isoformat(),
        "items": [item | {"seq": last + 1}],
    }
    return decode_batch(msgspec.json.encode(envelope))


def _newest(device_id: int, boot_id: UUID, last: int, now: datetime) -> datetime:
    """Up to when the device has told: what is not newer is a repeat, its day packed or not."""
    known = sampled_at_of(device_id, boot_id, last)
    # Forgotten, then: its day is over for as long as samples are kept whole.
    return known or now - settings.KEEP_RAW


async def _thank(send: Send, *, is_json: bool, refused: int, sentence: str) -> None:
    """An ExportMetricsServiceResponse: empty, or with what was left aside and why."""
    if is_json:
        content: dict[str, Any] = {}
        if sentence:
            content = {
                "partialSuccess": {"rejectedDataPoints": str(refused), "errorMessage": sentence}
            }
        await answer(send, 200, content)
        return
    body = _protobuf_thanks(refused, sentence) if sentence else b""
    headers = [
        (b"content-type", b"application/x-protobuf"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _protobuf_thanks(refused: int, sentence: str) -> bytes:
    text = sentence.encode()
    inner = (b"\x08" + _varint(refused) if refused else b"") + b"\x12" + _varint(len(text)) + text
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
