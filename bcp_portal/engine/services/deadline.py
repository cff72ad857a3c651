"""Verbs of a deadline: set with the fact that causes it, cancelled with the one that ends it."""

from datetime import datetime

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.engine.models import Deadline, DeadlineState


@verb
def set_deadline(
    *,
    kind: str,
    subject_id: int,
    due_at: datetime,
    at: datetime,
    epoch: int = 0,
    loop: int = 0,
    step: int = 0,
) -> Deadline:
    """Promise that something follows at `due_at`; the same step promised twice is one promise."""
    deadline, is_new = Deadline.objects.get_or_create(
        kind=kind,
        subject_id=subject_id,
        epoch=epoch,
        loop=loop,
        step=step,
        defaults={"due_at": due_at, "next_try_at": due_at, "created_at": at},
    )
    if is_new and due_at <= at:
        ring("engine")
    return deadline


@verb
def cancel_deadlines(*, kind: str, subject_id: int, at: datetime, epoch: int | None = None) -> int:
    """Take back every promise of this kind that has not fired; return how many there were."""
    waiting = Deadline.objects.waiting().filter(kind=kind, subject_id=subject_id)
    if epoch is not None:
        waiting = waiting.filter(epoch=epoch)
    return waiting.update(state=DeadlineState.CANCELLED, cancelled_at=at)
