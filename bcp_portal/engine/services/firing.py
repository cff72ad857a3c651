"""Verbs that fire deadlines: the step and what it causes commit together, once, or not at all."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, OperationalError, connection
from django.db.models import F
from django.utils.module_loading import import_string

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.claims import lock_due_deadlines
from bcp_portal.engine.models import POISONED_AFTER, Deadline, DeadlineState
from bcp_portal.engine.schedule import DEADLINE_BACK_OFF, DEADLINES

logger = logging.getLogger(__name__)

BATCH = 50
# A batch holds the locks of its first step until its last: it must not take long.
BATCH_BUDGET_S = 0.25
# Shorter than PostgreSQL's own deadlock check (1 s): if a person and the engine want the same
# rows in opposite order, it is always the engine that steps back.
LOCK_WAIT_MS = 250
_CONTENDED = {"55P03", "40P01"}  # lock not available, deadlock detected
_PUT_OFF = timedelta(seconds=1)


@dataclass
class Batch:
    """What came of one batch."""

    claimed: list[Deadline] = field(default_factory=list)
    tried: int = 0
    fired: int = 0
    failed: int = 0

    @property
    def is_behind(self) -> bool:
        """Whether it got somewhere and more is due: then the next batch should not wait."""
        more = self.tried < len(self.claimed) or len(self.claimed) >= BATCH
        return more and self.fired + self.failed > 0


@verb
def fire_batch(*, at: datetime, limit: int = BATCH, batch: Batch) -> Batch:
    """Fire deadlines that are due, in one transaction with a savepoint for each.

    `batch` is filled as it goes, so that the caller knows what was tried when the commit fails.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
    ends = time.monotonic() + BATCH_BUDGET_S
    batch.claimed = lock_due_deadlines(at=at, limit=limit)
    for deadline in batch.claimed:
        if not _try(deadline, batch, at=at) or time.monotonic() > ends:
            break
    return batch


def fire_due(*, at: datetime) -> Batch:
    """Fire one batch; if it cannot commit as a whole, its members are tried one by one."""
    batch = Batch()
    try:
        return fire_batch(at=at, batch=batch)
    except OperationalError:
        raise  # the database itself is in trouble: nothing is gained by asking it again
    except DatabaseError:
        # A constraint that is only checked at the commit: one poisoned step, not all of them.
        logger.exception("A batch of deadlines did not commit; its members are tried one by one")
    total = Batch()
    for deadline in batch.claimed:
        _fire_alone(deadline, total, at=at)
    return total


def _fire_alone(deadline: Deadline, total: Batch, *, at: datetime) -> None:
    try:
        total.fired += fire_one(pk=deadline.pk, at=at)
    except OperationalError:
        raise
    except DatabaseError as error:
        total.failed += 1
        note_failure(deadline=deadline, error=error, at=at)


@verb
def fire_one(*, pk: int, at: datetime) -> int:
    """Fire one deadline in a transaction of its own; return 0 if that was not possible."""
    batch = Batch()
    locked = Deadline.objects.due(at).select_for_update(skip_locked=True).filter(pk=pk).first()
    if locked is not None:
        _try(locked, batch, at=at)
    return batch.fired


@verb
def note_failure(*, deadline: Deadline, error: Exception, at: datetime) -> None:
    """Keep a step that failed, say why, and put its next try (not its promise) off."""
    attempts = deadline.attempts + 1
    wait = DEADLINE_BACK_OFF[min(attempts, len(DEADLINE_BACK_OFF)) - 1]
    next_try_at = at + timedelta(seconds=wait)
    Deadline.objects.waiting().filter(pk=deadline.pk).update(
        attempts=F("attempts") + 1,
        next_try_at=next_try_at,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
    logger.error(
        "Deadline %s (%s) failed %s times%s; next try at %s",
        deadline.pk,
        deadline,
        attempts,
        ": poisoned" if attempts >= POISONED_AFTER else "",
        next_try_at.isoformat(),
        exc_info=error,
    )


def _try(deadline: Deadline, batch: Batch, *, at: datetime) -> bool:
    """Fire one step of a batch; return False if the batch should end here."""
    batch.tried += 1
    if not _mark(deadline, at=at):
        return True
    try:
        _handler(deadline.kind)(deadline=deadline, at=at)
    except Exception as error:  # noqa: BLE001  # whatever one handler does, the clock goes on
        # If it was the database that died, this write says so and ends the batch.
        _unmark(deadline)
        if _is_contended(error):
            # Not a failure: a person is changing the same thing. Let go of all locks first.
            Deadline.objects.filter(pk=deadline.pk).update(next_try_at=at + _PUT_OFF)
            logger.info("Deadline %s waits for a lock; next try in a second", deadline.pk)
            return False
        batch.failed += 1
        note_failure(deadline=deadline, error=error, at=at)
    else:
        batch.fired += 1
    return True


def _handler(kind: str) -> Callable[..., object]:
    """Find the handler of a kind; as a verb it has a savepoint of its own."""
    handler: Callable[..., object] = import_string(DEADLINES[kind])
    return handler if hasattr(handler, "is_verb") else verb(handler)


def _mark(deadline: Deadline, *, at: datetime) -> bool:
    # Marked before its handler runs, and guarded: a neighbour in the same batch may just have
    # cancelled it, and a handler that looks for waiting steps must not find this one.
    waiting = Deadline.objects.waiting().filter(pk=deadline.pk)
    if not waiting.update(state=DeadlineState.FIRED, fired_at=at):
        return False
    deadline.state, deadline.fired_at = DeadlineState.FIRED, at
    return True


def _unmark(deadline: Deadline) -> None:
    Deadline.objects.filter(pk=deadline.pk).update(state=DeadlineState.WAITING, fired_at=None)
    deadline.state, deadline.fired_at = DeadlineState.WAITING, None


def _is_contended(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in _CONTENDED
