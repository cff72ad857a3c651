"""The database's clock: the one time that every engine and worker agrees on."""

from datetime import UTC, datetime

from django.db import connection


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
