"""Days of samples as partitions of PostgreSQL, made ahead; elsewhere there is one plain table.

A partition is a day of arrivals (UTC). Each has the unique index of identities for itself: over
all days the ledger sees to it that nothing is stored twice. What comes for a day that nobody has
made a partition for goes to the rest, and ingest never stops for want of one.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

TABLE = "telemetry_sample"
REST = "telemetry_sample_rest"
DAYS_AHEAD = 3

_SPLIT = f"""
ALTER TABLE {TABLE} RENAME TO {REST};
ALTER TABLE {REST} ALTER COLUMN id DROP IDENTITY IF EXISTS;
CREATE SEQUENCE {TABLE}_number;
SELECT setval('{TABLE}_number', (SELECT COALESCE(MAX(id), 0) + 1 FROM {REST}), false);
CREATE TABLE {TABLE} (LIKE {REST}) PARTITION BY RANGE (received_at);
ALTER TABLE {TABLE} ALTER COLUMN id SET DEFAULT nextval('{TABLE}_number');
ALTER SEQUENCE {TABLE}_number OWNED BY {TABLE}.id;
ALTER TABLE {REST} DROP CONSTRAINT IF EXISTS {TABLE}_pkey;
ALTER TABLE {TABLE} ATTACH PARTITION {REST} DEFAULT;
"""


def split_table(cursor: Any) -> None:
    """Turn the plain table into one of partitions; its rows stay where they are, as the rest."""
    cursor.execute(_SPLIT)


def is_split(cursor: Any) -> bool:
    """Whether this store keeps days apart."""
    cursor.execute("SELECT to_regclass(%s)", [REST])
    return cursor.fetchone()[0] is not None


def name_of(day: date) -> str:
    """The table of one day."""
    return f"{TABLE}_{day:%Y%m%d}"


def make_days(cursor: Any, *, today: date) -> int:
    """Make the partitions of today and the days ahead; return how many are new."""
    made = 0
    for number in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=number)
        cursor.execute("SELECT to_regclass(%s)", [name_of(day)])
        if cursor.fetchone()[0] is None:
            _make(cursor, day)
            made += 1
    return made


def _make(cursor: Any, day: date) -> None:
    table, begins, ends = name_of(day), _midnight(day), _midnight(day + timedelta(days=1))
    # Waiting for a lock on the parent would make every device wait behind us.
    cursor.execute("SET LOCAL lock_timeout = '2s'")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {TABLE} INCLUDING DEFAULTS);"
        f"CREATE UNIQUE INDEX {table}_once ON {table} (device_id, boot_id, seq);"
        f"CREATE INDEX {table}_time ON {table} (device_id, sampled_at)"
    )
    cursor.execute(f"LOCK TABLE {REST} IN SHARE ROW EXCLUSIVE MODE")
    # Rows that came before their partition must lie in it, or it cannot be attached.
    cursor.execute(
        f"WITH moved AS (DELETE FROM {REST} WHERE received_at >= %s AND received_at < %s "
        f"RETURNING *) INSERT INTO {table} SELECT * FROM moved",
        [begins, ends],
    )
    cursor.execute(
        f"ALTER TABLE {TABLE} ATTACH PARTITION {table} FOR VALUES FROM (%s) TO (%s)",
        [begins, ends],
    )


def drop_day(cursor: Any, day: date) -> bool:
    """Remove the partition of a day that has been packed; one that holds anything stays."""
    table = name_of(day)
    cursor.execute("SELECT to_regclass(%s)", [table])
    if cursor.fetchone()[0] is None:
        return False
    cursor.execute("SET LOCAL lock_timeout = '2s'")
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    if cursor.fetchone()[0]:
        return False
    cursor.execute(f"DROP TABLE {table}")
    return True


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
