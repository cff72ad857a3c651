"""Verbs of the live stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from bcp_portal.engine.doorbell import ring
from bcp_portal.live.models import LiveEvent

KEEP = timedelta(minutes=10)

Topic = tuple[str, str, int | None]
_gathered: ContextVar[dict[Topic, LiveEvent] | None] = ContextVar("gathered_events", default=None)


def publish(
    *, topic: str, kind: str, at: datetime, permission: str = "", site_id: int | None = None
) -> None:
    """Tell the screens that a topic changed, when and only when the present change commits.

    Not a verb: one insert is whole by itself, and a savepoint around it would cost every change
    two more questions to the database.
    """
    event = LiveEvent(at=at, topic=topic, kind=kind, permission=permission, site_id=site_id)
    gathered = _gathered.get()
    if gathered is not None:
        gathered[topic, permission, site_id] = event
        return
    event.save()
    ring("live")


@contextmanager
def told_once() -> Iterator[None]:
    """Within this, a topic that changes a hundred times is told once, at the end."""
    gathered: dict[Topic, LiveEvent] = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    LiveEvent.objects.bulk_create(gathered.values())
    if gathered:
        ring("live")


def forget_old_events(*, at: datetime) -> str:
    """Drop events that every screen has long seen."""
    dropped, _rows = LiveEvent.objects.filter(at__lt=at - KEEP).delete()
    return f"{dropped} forgotten"
