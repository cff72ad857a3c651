"""Store and forward: newest first, then the backlog, at the pace the portal grants."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from siaga_agent.backoff import Backoff
from siaga_agent.clock import Clock, ClockReading, iso, measure
from siaga_agent.outbox import MAX_BATCH_ITEMS, Outbox, Stored
from siaga_agent.reply import Reply
from siaga_agent.store import Json
from siaga_agent.transport import Answer, Portal

logger = logging.getLogger(__name__)

PAUSED_ITEMS = 20
# Finding one bad item among 500 takes 18 requests; a round may look for a few of them.
REQUESTS_A_ROUND = 64
GENTLE_S = 0.5
DROPS_REST_ROUNDS = 60


@dataclass
class Guidance:
    """What the portal last told this device, as every part of the agent may read it."""

    next_heartbeat_s: float | None = None
    phase_s: float | None = None
    want: str = "newest_first"
    orders_epoch: int = 0
    headquarters_blind: bool = False
    token_refused: bool = False
    clock: ClockReading | None = None
    last_contact_at: datetime | None = None
    last_error: str = ""


@dataclass
class _Round:
    """What one round achieved."""

    accepted: bool = False
    moved: int = 0
    failed: Answer | None = None
    blamed: dict[int, str] = field(default_factory=dict)


class Sender:
    """Empties the outbox into the portal, one round at a time."""

    def __init__(
        self,
        outbox: Outbox,
        portal: Portal,
        *,
        node_id: str,
        clock: Clock,
        backoff: Backoff | None = None,
        on_reply: Callable[[Reply], None] | None = None,
    ) -> None:
        self._outbox, self._portal, self._clock = outbox, portal, clock
        self._node_id = node_id
        self._on_reply = on_reply
        self._drops_rest = 0
        self.lost_contact = False
        self.backoff = backoff or Backoff()
        self.guidance = Guidance()

    def send_round(self) -> float | None:
        """Send one batch; return the seconds until the next, or None when nothing waits."""
        paused = self.guidance.want == "pause"
        limit = PAUSED_ITEMS if paused else MAX_BATCH_ITEMS
        batch = self._outbox.waiting(newest_first=True, limit=limit)
        if not batch:
            return None
        done = self._deliver(batch)
        if done.failed is not None or not done.moved:
            return self._after_failure(done)
        self.backoff.succeeded()
        self.lost_contact = False
        self.guidance.last_error = ""
        if not self._outbox.waiting_count():
            return None
        if self.guidance.want == "pause":
            return self.guidance.next_heartbeat_s or 60.0
        return 0.0 if self.guidance.want == "backfill" else GENTLE_S

    def _after_failure(self, done: _Round) -> float:
        answer = done.failed
        self.lost_contact = answer is not None and answer.status == 0
        self.guidance.last_error = answer.error if answer else "the portal acknowledged nothing"
        wait = self.backoff.failed(retry_after_s=answer.retry_after_s if answer else None)
        logger.info("Not sent (%s); next try in %.1f s", self.guidance.last_error, wait)
        return wait

    def _deliver(self, batch: list[Stored]) -> _Round:
        """Send a batch, halving what is refused until the bad item stands alone."""
        done = _Round()
        parts = deque([batch])
        drops = [] if self._drops_rest else self._outbox.untold_drops()
        self._drops_rest = max(0, self._drops_rest - 1)
        for _ in range(REQUESTS_A_ROUND):
            if not parts:
                break
            part = parts.popleft()
            answer = self._post(part, drops)
            if answer.is_success:
                done.moved += self._accept(answer, part, drops)
                done.accepted = True
            elif answer.is_refusal and drops:
                # Perhaps the declaration of losses is what it dislikes: once more without.
                self._drops_rest = DROPS_REST_ROUNDS
                parts.appendleft(part)
            elif answer.is_refusal:
                parts.extendleft(self._halve(answer, part, done))
            else:
                done.failed = answer
                break
            drops = []
        done.moved += self._quarantine(done)
        return done

    def _halve(self, answer: Answer, part: list[Stored], done: _Round) -> list[list[Stored]]:
        """Set aside what the refusal names; return the rest in two parts, newest last."""
        named = Reply.read(answer.body or {}).rejected
        named = {item.seq: named[item.seq] for item in part if item.seq in named}
        if named:
            done.moved += self._settle(rejected=named)
        left = [item for item in part if item.seq not in named]
        if len(left) > 1:
            middle = len(left) // 2
            return [left[:middle], left[middle:]]
        if left and not named:
            done.blamed[left[0].seq] = _reason(answer)
            return []
        return [left] if left else []

    def _quarantine(self, done: _Round) -> int:
        """Put away lone refused items, but only if the portal took others beside them.

        A portal (or something in front of it) that refuses everything says nothing about
        any one item.
        """
        if not done.blamed or not done.accepted:
            return 0
        return self._settle(rejected=done.blamed)

    def _settle(self, *, rejected: dict[int, str]) -> int:
        for seq, reason in rejected.items():
            logger.warning("The portal refused item %s: %s; it is kept in quarantine", seq, reason)
        return self._outbox.settle(acked=[], rejected=rejected, told=[], at=self._clock.now())

    def _post(self, part: list[Stored], drops: list[Json]) -> Answer:
        self._outbox.mark_sent([item.seq for item in part])
        batch: Json = {
            "schema": "telemetry/1",
            "node_id": self._node_id,
            "boot_id": self._outbox.boot_id,
            "sent_at": iso(self._clock.now()),
            "mono_ms": self._clock.mono_ms(),
            "acked_order_epoch": self._outbox.number("orders_epoch"),
            "items": [item.numbered() for item in part],
        }
        if drops:
            batch["dropped"] = drops
        answer = self._portal.post_batch(batch, witness=self._outbox.newest_witness())
        self.guidance.token_refused = answer.status in (401, 403)
        return answer

    def _accept(self, answer: Answer, part: list[Stored], drops: list[Json]) -> int:
        reply = Reply.read(answer.body or {})
        self._follow(reply, answer)
        for seq, reason in reply.rejected.items():
            logger.warning("The portal refused item %s: %s; it is kept in quarantine", seq, reason)
        ours = {item.seq for item in part}
        moved = self._outbox.settle(
            acked=reply.acked,
            rejected={seq: why for seq, why in reply.rejected.items() if seq in ours},
            told=[drop["from_seq"] for drop in drops],
            at=answer.received,
        )
        if reply.audit_checkpoint is not None:
            self._outbox.keep_witness(reply.audit_checkpoint, at=answer.received)
        if self._on_reply is not None:
            self._on_reply(reply)
        return moved

    def _follow(self, reply: Reply, answer: Answer) -> None:
        guidance = self.guidance
        guidance.want = reply.want
        guidance.last_contact_at = answer.received
        guidance.headquarters_blind = reply.headquarters_blind()
        if reply.next_heartbeat_s is not None:
            guidance.next_heartbeat_s = reply.next_heartbeat_s
        if reply.phase_s is not None:
            guidance.phase_s = reply.phase_s
        if reply.orders_epoch is not None:
            guidance.orders_epoch = reply.orders_epoch
        if reply.server_time is not None:
            guidance.clock = measure(answer.sent, answer.received, reply.server_time)


def _reason(answer: Answer) -> str:
    body = answer.body or {}
    told = body.get("detail") or body.get("error") or body.get("title") or ""
    return f"{answer.error}: {told}" if told else answer.error
