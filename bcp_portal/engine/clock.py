"""The database's clock: the one time that every engine and worker agrees on."""

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

logger = logging.getLogger(__name__)


def now() -> datetime:
    """Ask the database for the present time.

    On SQLite the database runs in this process on this host, so its clock is the host's.
    """
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    moment: datetime = row[0]
    return moment


class ClockWatch:
    """Holds the clock against the one that cannot jump, and says when they part."""

    TOLERANCE = timedelta(seconds=2)

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def jump(self, at: datetime) -> timedelta:
        """How far the clock has jumped since the last look; zero for what is no jump."""
        monotonic = time.monotonic()
        seen, self._seen = self._seen, (at, monotonic)
        if seen is None:
            return timedelta(0)
        jump = (at - seen[0]) - timedelta(seconds=monotonic - seen[1])
        return jump if abs(jump) > self.TOLERANCE else timedelta(0)
