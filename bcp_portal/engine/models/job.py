"""Work that is slow or talks to the outside: leased, done at least once, retried."""

from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.engine.schedule import LONGEST_LEASE_S
from bcp_portal.shared.lifecycle import Lifecycle


class JobState(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", _("Waiting")
    LEASED = "leased", _("Being done")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


JOB_LIFECYCLE = Lifecycle(
    "job",
    {
        JobState.WAITING: frozenset({JobState.LEASED, JobState.CANCELLED}),
        JobState.LEASED: frozenset({JobState.WAITING, JobState.DONE, JobState.FAILED}),
        JobState.DONE: frozenset(),
        JobState.FAILED: frozenset(),
        JobState.CANCELLED: frozenset(),
    },
)


class JobQuerySet(models.QuerySet["Job"]):
    """Sets of jobs."""

    def takeable(self, at: datetime, *, grace: timedelta = timedelta(0)) -> Self:
        """Those that nobody holds: waiting and due, or held by somebody whose lease ran out.

        With `grace`, only those that have been due that long. A lease that ends later than any
        lease can was given by a clock that has jumped back since: it counts as run out.
        """
        return self.filter(
            Q(state=JobState.WAITING, due_at__lte=at - grace)
            | Q(state=JobState.LEASED, lease_until__lte=at)
            | Q(state=JobState.LEASED, lease_until__gt=at + timedelta(seconds=LONGEST_LEASE_S))
        ).order_by("due_at", "pk")

    def falling_due(self, since: datetime, until: datetime) -> Self:
        """Those put off until some moment between the two: nobody has rung for them yet."""
        return self.filter(state=JobState.WAITING, due_at__gt=since, due_at__lte=until).exclude(
            due_at=F("queued_at")
        )

    def unfinished(self) -> Self:
        """Those that still have to be done."""
        return self.filter(state__in=[JobState.WAITING, JobState.LEASED])


class Job(models.Model):
    """One piece of work about one row; `key` keeps the same work from being queued twice.

    Lease, do, mark: a worker that dies between doing and marking does it again, which is why the
    handler is told (`again`) and gives the outside world the same idempotency key each time.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    key = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    # Attempts that were begun and of which nobody ever heard the end.
    unknown_ends = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="job_key_once_while_unfinished",
                fields=["key"],
                condition=Q(state__in=["waiting", "leased"]),
            ),
            models.CheckConstraint(
                name="job_lease_iff_leased",
                condition=Q(state="leased", lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_until__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="job_due", condition=Q(state="waiting")),
            models.Index(fields=["lease_until"], name="job_leased", condition=Q(state="leased")),
            models.Index(fields=["kind", "subject_id"], name="job_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
