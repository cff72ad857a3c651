"""The only door devices know: batches in, orders out, each with the device's own token."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from bcp_portal.shared.on_disk import wait_for_disk
from telemetry.ingest.contract import MAX_ITEMS
from telemetry.ingest.decode import (
    DecodedBatch,
    RejectedItem,
    UnreadableBatchError,
    decode_batch,
)
from telemetry.ingest.http import (
    HangUpError,
    Headers,
    Receive,
    Scope,
    Send,
    Told,
    answer,
    bearer,
    headers_of,
    read_body,
)
from telemetry.ingest.orders import orders_for
from telemetry.ingest.plan import Arrival, Outcome
from telemetry.ingest.quota import QuotaBook, first_of
from telemetry.ingest.settlements import settlements_for
from telemetry.ingest.site_packs import marks_from, pack_for
from telemetry.ingest.store import StoreUnavailableError
from telemetry.ingest.tokens import TokenBook, TokenHolder
from telemetry.ingest.writer import TooBusyError, Writer

P = ParamSpec("P")
R = TypeVar("R")
# More at once from one device is a loop gone wild, not a backlog.
MOST_AT_ONCE_A_DEVICE = 8
_BUSY, _FULL = 0.25, 0.6
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Rejection(msgspec.Struct, omit_defaults=True):
    """One refused item in a reply; `index` places it when it has no usable number."""

    error: str
    seq: int | None = None
    index: int | None = None


class Reply(msgspec.Struct):
    """What a device is told once its batch is durable."""

    ack: list[tuple[int, int]]
    duplicates: int
    rejected: list[Rejection]
    server_time: datetime
    next_heartbeat_s: int
    phase_s: int
    want: str
    orders_epoch: int
    engine_fresh_at: datetime | None
    audit_checkpoint: str
    detail: str = ""


def _refusal(status: int, sentence: str) -> dict[str, Any]:
    return {"status": status, "detail": sentence}


class _AnsweredError(Exception):
    """An answer that ends the request early."""

    def __init__(self, status: int, sentence: str, headers: Headers = ()) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


_NO_TOKEN = _AnsweredError(
    401,
    "No valid device token. Send it as “Authorization: Bearer …”; enrol the device for a new one.",
    [(b"www-authenticate", b'Bearer realm="telemetry"')],
)


class SiteDoor:
    """An ASGI application of its own, mounted before Django: its path is the busiest we have."""

    def __init__(
        self, writer: Writer, *, shares_thread: bool = False, quota: QuotaBook | None = None
    ) -> None:
        # Tests share the thread of their transaction; a server never waits for one thread.
        self._writer, self._shares_thread = writer, shares_thread
        self._tokens = TokenBook()
        self._in_flight: dict[int, int] = {}
        self._quota = quota or QuotaBook(settings.DEVICE_RATE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; bad input is never answered with 5xx."""
        try:
            await self._route(scope, receive, send)
        except (_AnsweredError, UnreadableBatchError) as refusal:
            headers = getattr(refusal, "headers", ())
            await answer(send, refusal.status, _refusal(refusal.status, str(refusal)), headers)
        except (StoreUnavailableError, DatabaseError):
            await _later(send, 503, "Nothing was stored: the database does not answer.", 5)
        except TooBusyError:
            await _later(send, 503, "Nothing was stored: too much is waiting.", 2)
        except HangUpError:
            return

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/api/telemetry/v1/batches":
            _only(method, "POST")
            await self._take_batch(scope, receive, send)
        elif path == "/api/telemetry/v1/orders":
            _only(method, "GET", "HEAD")
            await self._give_orders(scope, send)
        elif path == "/api/telemetry/v1/pack":
            _only(method, "GET", "HEAD")
            await self._give_pack(scope, send)
        elif path == "/api/telemetry/v1/pack/marks":
            _only(method, "POST")
            await self._take_marks(scope, receive, send)
        else:
            raise _AnsweredError(404, "There is no such address; sites use /batches and /orders.")

    async def _take_batch(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = headers_of(scope)
        holder = await self._holder(told)
        device_id = holder.device_id
        with self._turn(device_id, most=MOST_AT_ONCE_A_DEVICE):
            batch = decode_batch(await read_body(told, receive))
            if batch.envelope.node_id.lower() != holder.node_id:
                raise _AnsweredError(
                    403, "node_id is not the device of this token; each device has its own."
                )
            over = self._over(device_id, batch)
            if over:
                batch = first_of(batch, len(batch.items) - over)
            received_at = datetime.now(UTC)
            outcome = await self._writer.store(Arrival.now(device_id, received_at, batch))
        if outcome.is_refused:
            raise _revoked()
        # Kept with the next batch of whoever comes: nobody waits for it.
        witness = told.get(b"x-audit-witness", b"").decode("latin-1")
        self._writer.witnesses.note(device_id, witness)
        reply, headers = self._reply(outcome, holder), list[tuple[bytes, bytes]]()
        if over:
            wait_s = self._quota.wait_s(device_id, over)
            reply.want, headers = "pause", [(b"retry-after", b"%d" % wait_s)]
            reply.detail = f"{over} items are over the quota of this device and were not stored."
        await answer(send, 200 if outcome.acknowledged else 422, reply, headers)

    @contextmanager
    def _turn(self, device_id: int, *, most: int) -> Iterator[None]:
        """Let a device in, unless it is here too often or has said too much already."""
        if self._in_flight.get(device_id, 0) >= most:
            raise _AnsweredError(
                429, "Too many batches of this device at once.", [(b"retry-after", b"1")]
            )
        if self._quota.is_spent(device_id):
            # Before a byte of the body is read: a flood costs us next to nothing.
            raise self._over_quota(device_id, MAX_ITEMS)
        self._in_flight[device_id] = self._in_flight.get(device_id, 0) + 1
        try:
            yield
        finally:
            if (left := self._in_flight[device_id] - 1) > 0:
                self._in_flight[device_id] = left
            else:
                del self._in_flight[device_id]

    def _over(self, device_id: int, batch: DecodedBatch) -> int:
        """How many items of a batch are over the quota; refused ones count as said, too."""
        said, good = len(batch.items) + len(batch.rejected), len(batch.items)
        granted = self._quota.take(device_id, said)
        if good and not granted:
            raise self._over_quota(device_id, good)
        return max(0, good - granted)

    def _over_quota(self, device_id: int, wanted: int) -> _AnsweredError:
        wait_s = self._quota.wait_s(device_id, wanted)
        return _AnsweredError(
            429,
            "Nothing was stored: this device said more than its quota allows.",
            [(b"retry-after", b"%d" % wait_s)],
        )

    def _reply(self, outcome: Outcome, holder: TokenHolder) -> Reply:
        news, every_s = self._writer.news, outcome.heartbeat_every_s
        return Reply(
            ack=outcome.acknowledged,
            duplicates=outcome.duplicates,
            rejected=_rejections(outcome.rejected),
            server_time=datetime.now(UTC),
            next_heartbeat_s=every_s,
            phase_s=holder.phase_s(every_s),
            want=self._want(),
            orders_epoch=self._writer.hints.of(outcome.site_id),
            engine_fresh_at=news.engine_fresh_at,
            audit_checkpoint=news.audit_checkpoint,
            detail="" if outcome.acknowledged else "No item of the batch is valid.",
        )

    def _want(self) -> str:
        pressure = self._writer.pressure
        if pressure > _FULL:
            return "pause"
        return "newest_first" if pressure > _BUSY else "backfill"

    async def _give_orders(self, scope: Scope, send: Send) -> None:
        told = headers_of(scope)
        holder = await self._holder(told, look_again=True)
        content = await self._borrow(_word_for)(holder.device_id, _number(scope, "after"))
        tag = b'"%s"' % hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16].encode()
        if told.get(b"if-none-match") == tag:
            await answer(send, 304, None, [(b"etag", tag)])
        else:
            await answer(
                send, 200, content, [(b"etag", tag), (b"cache-control", b"private, no-cache")]
            )

    async def _give_pack(self, scope: Scope, send: Send) -> None:
        told = headers_of(scope)
        holder = await self._holder(told, look_again=True)
        held = told.get(b"if-none-match", b"").decode("latin-1").strip('"')
        held = held if _DIGEST.fullmatch(held) else ""
        digest, content = await self._borrow(pack_for)(
            holder.device_id, held, _number(scope, "number") or 0
        )
        if not digest:
            raise _AnsweredError(404, "No pack has been made for this site yet.")
        headers = [(b"etag", b'"%s"' % digest.encode()), (b"cache-control", b"private, no-cache")]
        await answer(send, 200 if content else 304, content, headers)

    async def _take_marks(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = headers_of(scope)
        holder = await self._holder(told, look_again=True)
        body = await read_body(told, receive)
        await answer(send, 200, await self._borrow(marks_from)(holder.device_id, body))

    async def _holder(self, told: Told, *, look_again: bool = False) -> TokenHolder:
        token = bearer(told)
        if not token:
            raise _NO_TOKEN
        is_known, holder = self._tokens.remembered(token)
        if not is_known or look_again:
            holder = await self._borrow(self._tokens.look_up)(token)
        if holder is None:
            raise _NO_TOKEN
        if not holder.is_usable:
            raise _revoked()
        return holder

    def _borrow(self, work: Callable[P, R]) -> Callable[P, Awaitable[R]]:
        """Run blocking work on a thread, and give its database connection back."""

        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return work(*args, **kwargs)
            finally:
                if not connection.in_atomic_block:
                    connection.close()

        return sync_to_async(run, thread_sensitive=self._shares_thread)


def _word_for(device_id: int, after: int | None) -> dict[str, Any]:
    """Everything that headquarters wants of this device's site: its order, decided conflicts."""
    content = orders_for(device_id, after)
    settlements = settlements_for(device_id, datetime.now(UTC))
    if content["orders"] or settlements:
        # A site acts on it: it must not be more than headquarters remembers after a crash.
        wait_for_disk(if_behind=True)
    return content | ({"settlements": settlements} if settlements else {})


def _number(scope: Scope, name: str) -> int | None:
    """A number of the address; what is none is as if nothing had been said."""
    told = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(name, [""])[0]
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else None


def _revoked() -> _AnsweredError:
    return _AnsweredError(403, "This device token was revoked; enrol the device again.")


def _only(method: str, *allowed: str) -> None:
    if method not in allowed:
        names = ", ".join(allowed)
        raise _AnsweredError(405, f"Use {names} here.", [(b"allow", names.encode())])


async def _later(send: Send, status: int, sentence: str, seconds: int) -> None:
    await answer(send, status, _refusal(status, sentence), [(b"retry-after", b"%d" % seconds)])


def _rejections(rejected: Sequence[RejectedItem]) -> list[Rejection]:
    return [
        Rejection(error=bad.error, seq=bad.seq)
        if bad.seq is not None
        else Rejection(error=bad.error, index=bad.position)
        for bad in rejected
    ]


def _writer_threads() -> int:
    # SQLite has one writer; on PostgreSQL the second prepares while the first one commits.
    return 2 if connection.vendor == "postgresql" else 1


writer = Writer(_writer_threads())
site_door = SiteDoor(writer)
