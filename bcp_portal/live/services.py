"""Verbs of the live stream."""

from datetime import datetime, timedelta

from bcp_portal.engine.doorbell import ring
from bcp_portal.live.models import LiveEvent

KEEP = timedelta(minutes=10)


def publish(
    *, topic: str, kind: str, at: datetime, permission: str = "", site_id: int | None = None
) -> None:
    """Tell the screens that a topic changed, when and only when the present change commits.

    Not a verb: one insert is whole by itself, and a savepoint around it would cost every change
    two more questions to the database.
    """
    LiveEvent.objects.create(at=at, topic=topic, kind=kind, permission=permission, site_id=site_id)
    ring("live")


def forget_old_events(*, at: datetime) -> str:
    """Drop events that every screen has long seen."""
    dropped, _rows = LiveEvent.objects.filter(at__lt=at - KEEP).delete()
    return f"{dropped} forgotten"
