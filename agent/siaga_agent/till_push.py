"""One push of a till's queue to the centre, and the session that tells how it went."""

import contextlib
import hashlib
import http.client
import json
import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

from siaga_agent.clock import iso, parse_instant
from siaga_agent.demo_source import STREAM, Json, day_of, digest_of, row_hash
from siaga_agent.till_queue import TillQueue, duration_ms

BATCH = 500
TIMEOUT_S = 8.0
TELL_FAILURES_EVERY = timedelta(minutes=5)


class PushError(Exception):
    """The centre was not reached or did not take the batch."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class PowerCutError(Exception):
    """The machine went off in the middle of a push: nothing after it happens, nothing is noted."""


class Pusher:
    """Pushes batches to one centre and keeps the sessions."""

    def __init__(self, home: Path, queue: TillQueue, *, central: str, till: str) -> None:
        self._home, self._queue, self._till = home, queue, till
        self._central = central.rstrip("/")
        # The status command starts this program every few seconds: only what starts quickly.
        self._line = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._stream = STREAM

    def push(self, *, trigger: str = "schedule") -> bool:
        """Push the oldest batch; say whether there was one and it arrived."""
        batch = self._queue.next_batch(limit=BATCH)
        if not batch or (self._home / "frozen").exists():
            return False
        if self._queue.fact("failing") and trigger == "schedule":
            trigger = "reconnect"
        if (self._home / "faulty").exists():
            # An engine gone bad also forgets what it has sent.
            batch = (batch + self._queue.sales_of(day_of(batch[0])))[:BATCH]
        return self._exchange(batch, trigger=trigger, overwrite=False)

    def repair(self) -> bool:
        """Push the last day once more and overwrite what the centre has of it."""
        day = self._queue.fact("last_day")
        batch = self._queue.sales_of(day) if day else []
        return bool(batch) and self._exchange(batch, trigger="manual", overwrite=True)

    def recover(self) -> bool:
        """After a start: tell of the push that the last run began and never ended."""
        begun = self._queue.fact("begun")
        if not begun:
            return False
        session = json.loads(begun)
        told = {"code": "broken_off", "count": 1, "sample": "the till stopped before it ended"}
        self._queue.note_session(session | {"outcome": "aborted", "errors": [told]})
        self._queue.put_fact("begun", "")
        return True

    def _exchange(self, batch: list[Json], *, trigger: str, overwrite: bool) -> bool:
        began = datetime.now(UTC)
        day = day_of(batch[0])
        session: Json = {
            "session_id": str(uuid4()),
            "stream": self._stream,
            "peer": self._central,
            "engine": "custom",
            "direction": "push",
            "trigger": trigger,
            "started_at": iso(began),
            "digest_before": self._queue.digest(day),
        }
        # Written down before it begins: what never ends is told after the next start.
        self._queue.put_fact("begun", json.dumps(session))
        try:
            answer, size = self._send(batch, day, overwrite=overwrite)
        except PushError as error:
            self._note_failure(session, error, began)
            self._queue.put_fact("begun", "")
            return False
        self._queue.note_pushed(batch, at=datetime.now(UTC))
        self._note_success(session, batch, answer, size=size, began=began)
        self._queue.put_fact("begun", "")
        return True

    def _send(self, batch: list[Json], day: str, *, overwrite: bool) -> tuple[Json, int]:
        rows = self._spoiled(batch)
        told = {
            "till": self._till,
            "day": day,
            "overwrite": overwrite,
            "checksum": digest_of(map(row_hash, rows), "batch"),
            "sales": rows,
        }
        body = json.dumps(told, separators=(",", ":")).encode()
        if (self._home / "unplug").exists():
            self._break_off(body)
        request = urllib.request.Request(
            f"{self._central}/v1/push", body, {"Content-Type": "application/json"}
        )
        try:
            with self._line.open(request, timeout=TIMEOUT_S) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise PushError(f"http_{error.code}", f"the centre answered {error.code}") from error
        except TimeoutError as error:
            raise PushError("timeout", f"{self._central} did not answer in time") from error
        except (OSError, http.client.HTTPException) as error:
            raise PushError("unreachable", f"{type(error).__name__}: {error}") from error
        except ValueError as error:
            raise PushError("garbage", "the centre's answer is not JSON") from error
        if not isinstance(answer, dict):
            raise PushError("garbage", "the centre's answer is not an object")
        return answer, len(body)

    def _break_off(self, body: bytes) -> NoReturn:
        """With HOME/unplug, half of the push leaves the house and then the light goes out."""
        (self._home / "unplug").unlink()
        parts = urlsplit(self._central)
        head = f"POST /v1/push HTTP/1.1\r\nHost: till\r\nContent-Length: {len(body)}\r\n\r\n"
        target = (parts.hostname or "127.0.0.1", parts.port or 80)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(target, timeout=TIMEOUT_S) as line,
        ):
            line.sendall(head.encode() + body[: len(body) // 2])
        raise PowerCutError

    def _spoiled(self, batch: list[Json]) -> list[Json]:
        """With HOME/corrupt, one amount changes on its way; with HOME/faulty, one in each push.

        The batch's own checksum is computed after that, so that the centre takes the batch and
        only the comparison of both sides' digests can tell.
        """
        flag = self._home / "corrupt"
        if not (self._home / "faulty").exists():
            if not flag.exists():
                return batch
            flag.unlink()
        wrong = hashlib.sha256(batch[0]["sale_id"].encode()).digest()[0] + 1
        return [batch[0] | {"amount_minor": batch[0]["amount_minor"] + wrong * 100}, *batch[1:]]

    def _note_success(
        self, session: Json, batch: list[Json], answer: Json, *, size: int, began: datetime
    ) -> None:
        ended = iso(datetime.now(UTC))
        day = day_of(batch[0])
        ours, theirs = self._queue.digest(day), answer.get("digest") or {}
        alike = ours["value"] == theirs.get("value")
        session |= {
            "ended_at": ended,
            "duration_ms": duration_ms(began, ended),
            "outcome": "ok" if alike else "partial",
            "records_out": len(batch),
            "bytes_out": size,
            "duplicates": answer.get("duplicates", 0),
            "rejected": answer.get("rejected", 0),
            "digest_after": ours,
            "digest_peer_after": theirs,
        }
        if not alike:
            sample = f"{day}: {ours['rows']} rows here, {theirs.get('rows')} at the centre"
            session["errors"] = [{"code": "digest_mismatch", "count": 1, "sample": sample}]
        self._queue.note_session(session)
        for name, value in (
            ("last_ok", ended),
            ("last_day", day),
            ("last_seq", batch[-1]["sale_id"]),
            ("failures", "0"),
            ("failing", ""),
        ):
            self._queue.put_fact(name, value)

    def _note_failure(self, session: Json, error: PushError, began: datetime) -> None:
        """Every failure is counted; the same one is told again only every few minutes."""
        now = datetime.now(UTC)
        self._queue.put_fact("failures", str(int(self._queue.fact("failures") or 0) + 1))
        told_at = parse_instant(self._queue.fact("failure_told_at"))
        known = self._queue.fact("failing") == error.code
        if known and told_at is not None and now - told_at < TELL_FAILURES_EVERY:
            return
        self._queue.put_fact("failing", error.code)
        self._queue.put_fact("failure_told_at", iso(now))
        told = {"code": error.code, "count": 1, "sample": str(error)[:300]}
        session |= {
            "ended_at": iso(now),
            "duration_ms": duration_ms(began, iso(now)),
            "outcome": "failed",
            "errors": [told],
        }
        self._queue.note_session(session)
