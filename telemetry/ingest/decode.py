"""From the bytes a device sent to good items, and a reason for each bad one."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from telemetry.ingest.contract import (
    HIGHEST,
    MAX_ITEMS,
    AnyItem,
    Batch,
    ConflictTold,
    Dropped,
    Envelope,
    Heartbeat,
    LooseBatch,
    SyncSessionReport,
)

MAX_BYTES = 1024 * 1024
OLDEST_YEAR, NEWEST_YEAR = 2000, 2100
_KEPT_OF_A_BAD_ITEM = 8192
# PostgreSQL cannot store the character NUL in text; an escaped backslash before u0000 is fine.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_batch = msgspec.json.Decoder(Batch)
_loose = msgspec.json.Decoder(LooseBatch)
_item: msgspec.json.Decoder[AnyItem] = msgspec.json.Decoder(AnyItem)


class UnreadableBatchError(Exception):
    """The request cannot be taken at all; the text says why, the status is the HTTP answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item that is not taken: where it stood, why, and what it looked like."""

    position: int
    seq: int | None
    error: str
    text: str


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """A batch after every item was looked at.

    The document is a JSON object whose `items` are exactly the good ones, in order: the store
    hands it to the database as it is.
    """

    envelope: Envelope
    items: list[AnyItem]
    rejected: list[RejectedItem]
    document: bytes

    @property
    def dropped(self) -> list[Dropped]:
        """The stretches the agent says it let go of."""
        return self.envelope.dropped or []


def unzip(body: bytes) -> bytes:
    """Undo gzip, without ever holding more than a batch may weigh."""
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise UnreadableBatchError(400, f"The body is not valid gzip: {error}.") from None
    if len(plain) > MAX_BYTES:
        raise UnreadableBatchError(413, "The batch is larger than 1 MiB once unpacked; split it.")
    if not stream.eof:
        raise UnreadableBatchError(400, "The gzip body ends too early; send the batch again.")
    if stream.unused_data:
        raise UnreadableBatchError(400, "There is something behind the end of the gzip body.")
    return plain


def decode_batch(body: bytes) -> DecodedBatch:
    """Read a batch; a bad item is set aside with its reason, and the good ones survive."""
    if len(body) > MAX_BYTES:
        raise UnreadableBatchError(413, "The batch is larger than 1 MiB; split it.")
    if b"\\u0000" not in body and body.isascii():
        try:
            batch = _batch.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _decode_one_by_one(body)
        if 0 < len(batch.items) <= MAX_ITEMS and _all_sane(batch.items):
            _check_envelope(batch)
            return DecodedBatch(batch, batch.items, [], body)
    return _decode_one_by_one(body)


def _all_sane(items: list[AnyItem]) -> bool:
    return not any(map(_questionable, items))


def _check_envelope(envelope: Envelope) -> None:
    if not _sane(envelope.sent_at):
        raise UnreadableBatchError(
            422, f"sent_at is {envelope.sent_at.isoformat()}: set the clock of the device."
        )


def _decode_one_by_one(body: bytes) -> DecodedBatch:
    loose = _loose_batch(body)
    _check_envelope(loose)
    if not loose.items:
        raise UnreadableBatchError(422, "The batch has no items.")
    if len(loose.items) > MAX_ITEMS:
        raise UnreadableBatchError(
            413, f"The batch has {len(loose.items)} items; at most {MAX_ITEMS} are taken at once."
        )
    good: list[AnyItem] = []
    kept: list[bytes] = []
    rejected: list[RejectedItem] = []
    for position, raw in enumerate(loose.items):
        text = bytes(raw)
        try:
            item = _decode_item(text)
        except ValueError as error:
            rejected.append(_rejected(position, text, str(error)))
        else:
            good.append(item)
            kept.append(text)
    return DecodedBatch(loose, good, rejected, document_of(loose, kept))


def document_of(envelope: Envelope, items: list[bytes]) -> bytes:
    """The part of a batch that the store needs, for items picked out of it."""
    return b'{"boot_id":"%s","items":[%s]}' % (envelope.boot_id.encode(), b",".join(items))


def items_of(document: bytes) -> list[bytes]:
    """The items of a document, each as its own text."""
    return [bytes(raw) for raw in _Document.decode(document).items]


class _OnlyItems(msgspec.Struct):
    items: list[Raw]


_Document = msgspec.json.Decoder(_OnlyItems)


def _loose_batch(body: bytes) -> LooseBatch:
    try:
        return _loose.decode(body)
    except msgspec.ValidationError as error:
        raise UnreadableBatchError(422, f"The batch is not understood: {error}.") from None
    except RecursionError:
        raise UnreadableBatchError(400, "The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _salvaged(body, str(error))


def _salvaged(body: bytes, fault: str) -> LooseBatch:
    """Read with the standard library what a stricter parser gives up on because of one item."""
    try:
        content = json.loads(body.decode("utf-8", "surrogateescape"))
        items = content.pop("items")
        envelope = msgspec.json.encode(content | {"items": []})
        loose = _loose.decode(envelope)
        loose.items = [Raw(_dumped(item)) for item in items]
    except msgspec.ValidationError as error:
        raise UnreadableBatchError(422, f"The batch is not understood: {error}.") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise UnreadableBatchError(400, f"The body is not valid JSON: {fault}.") from None
    return loose


def _dumped(item: Any) -> bytes:
    # NaN and lone surrogates come out as they came in, so that the item is refused, not mended.
    return json.dumps(item).encode()


def _decode_item(text: bytes) -> AnyItem:
    try:
        text.decode()
        item = _item.decode(text)
    except RecursionError:
        raise ValueError("The item is nested too deeply.") from None
    except UnicodeDecodeError:
        raise ValueError("The item is not valid UTF-8.") from None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{error}.") from None
    if b"\\u0000" in text and _NUL.search(text):
        raise ValueError("A text holds the character NUL.")
    if fault := _fault(item):
        raise ValueError(fault)
    return item


def _rejected(position: int, text: bytes, error: str) -> RejectedItem:
    try:
        content = json.loads(text.decode("utf-8", "replace"))
        seq = content["seq"]
    except (ValueError, TypeError, KeyError, RecursionError):
        seq = None
    known = type(seq) is int and 0 < seq <= HIGHEST
    shown = text[:_KEPT_OF_A_BAD_ITEM].decode("utf-8", "replace").replace("\x00", "")
    return RejectedItem(position, seq if known else None, error, shown)


def _sane(moment: datetime) -> bool:
    return OLDEST_YEAR <= moment.year <= NEWEST_YEAR


def _questionable(item: AnyItem) -> bool:
    """The quick look, a third of a microsecond for the usual heartbeat."""
    if type(item) is not Heartbeat or item.backup or item.state_since:
        return _fault(item) is not None
    if not OLDEST_YEAR <= item.at.year <= NEWEST_YEAR:
        return True
    for stream in item.streams:
        if (moment := stream.oldest_pending_at) and not OLDEST_YEAR <= moment.year <= NEWEST_YEAR:
            return True
        if (moment := stream.last_sync_ok_at) and not OLDEST_YEAR <= moment.year <= NEWEST_YEAR:
            return True
        if stream.pending_expires_at:
            return _fault(item) is not None
    return False


def _fault(item: AnyItem) -> str | None:
    """What is wrong with an item whose every field has the right shape."""
    if not _sane(item.at):
        return f"at is {item.at.isoformat()}: set the clock of the device."
    for name, moment in _moments(item):
        if not _sane(moment):
            return f"{name} is {moment.isoformat()}, which cannot be."
    return None


def _moments(item: AnyItem) -> Iterator[tuple[str, datetime]]:
    if isinstance(item, Heartbeat):
        yield from _present(item, "state_since")
        for stream in item.streams:
            yield from _present(stream, "oldest_pending_at", "last_sync_ok_at")
            yield from _present(stream, "pending_expires_at")
        if item.backup:
            yield from _present(item.backup, "last_ok_at", "verified_at")
    elif isinstance(item, SyncSessionReport):
        yield from _present(item, "started_at", "ended_at")
    elif isinstance(item, ConflictTold):
        for version in item.versions:
            yield from _present(version, "wall_at")


def _present(part: msgspec.Struct, *names: str) -> Iterator[tuple[str, datetime]]:
    for name in names:
        if (moment := getattr(part, name)) is not UNSET:
            yield name, moment
