"""Who takes what: a due row goes to exactly one engine or worker, on either store.

PostgreSQL locks the rows it picks and skips those that others hold. SQLite has one writer: the
transaction began IMMEDIATE, so whoever is in here is alone.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from bcp_portal.engine.models import CallHold, Deadline, DeadlineState, Job
from bcp_portal.engine.schedule import HELD_KINDS

# Two overdue steps of one run never come together: the second waits for the next tick.
TICK = timedelta(seconds=0.9)


def lock_due_deadlines(*, at: datetime, limit: int) -> list[Deadline]:
    """Lock deadlines that are due, the oldest first, one for each subject and tick."""
    rows = Deadline.objects.due(at).filter(~Exists(_ahead_of(at)))
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return list(rows[:limit])


def _ahead_of(at: datetime) -> QuerySet[Deadline]:
    """Steps of the same subject that fire before this one, or have just fired."""
    same = Deadline.objects.filter(kind=OuterRef("kind"), subject_id=OuterRef("subject_id"))
    earlier = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__lt=OuterRef("pk"))
    return same.filter(
        # An earlier step that failed and waits for its next try holds up nobody.
        Q(earlier, state=DeadlineState.WAITING, next_try_at__lte=at)
        | Q(state=DeadlineState.FIRED, fired_at__gt=at - TICK, fired_at__lte=at)
    )


_TAKE = """
WITH picked AS MATERIALIZED ({pick})
UPDATE engine_job
SET state = 'leased', lease_until = %s, lease_by = %s, attempts = attempts + 1,
    unknown_ends = unknown_ends + CASE WHEN state = 'leased' THEN 1 ELSE 0 END
WHERE id IN (SELECT id FROM picked) RETURNING id
"""


def take_job_ids(
    *,
    at: datetime,
    until: datetime,
    by: str,
    limit: int,
    grace: timedelta = timedelta(0),
    kinds: Collection[str] | None = None,
    ids: Collection[int] | None = None,
) -> list[int]:
    """Lease jobs that nobody holds, in one statement; while calls are held, none that calls."""
    rows = Job.objects.takeable(at, grace=grace)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if CallHold.objects.in_force().exists():
        rows = rows.exclude(kind__in=HELD_KINDS)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    pick, picked = rows.values("id")[:limit].query.sql_with_params()
    moment = connection.ops.adapt_datetimefield_value(until)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(pick=pick), [*picked, moment, by])
        return [row[0] for row in cursor.fetchall()]
