"""A moment at which something must follow unless somebody acts before."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# A deadline that failed this often is shown as poisoned; it is still tried every minute.
POISONED_AFTER = 8


class DeadlineState(models.TextChoices):
    """Where a deadline stands."""

    WAITING = "waiting", _("Waiting")
    FIRED = "fired", _("Fired")
    CANCELLED = "cancelled", _("Cancelled")


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """Sets of deadlines."""

    def due(self, at: datetime) -> Self:
        """Those whose consequence must be written now, the oldest first."""
        return self.filter(state=DeadlineState.WAITING, next_try_at__lte=at).order_by(
            "next_try_at", "pk"
        )

    def poisoned(self) -> Self:
        """Those whose handler fails again and again; somebody has to look."""
        return self.waiting().filter(attempts__gte=POISONED_AFTER)

    def waiting(self) -> Self:
        """Those that may still fire."""
        return self.filter(state=DeadlineState.WAITING)


class Deadline(models.Model):
    """One step of one run at one time; it fires once or is cancelled, never both.

    `kind` names the handler, `subject_id` the row it is about. `epoch` counts restarts of the
    subject, `loop` repetitions and `step` positions within one: together they are the unique key
    that makes a step happen once however often it is written.
    """

    kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    epoch = models.PositiveIntegerField(default=0)
    loop = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    # After a failure the next try moves; the promise (`due_at`) does not.
    next_try_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=DeadlineState.choices, default=DeadlineState.WAITING
    )
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="deadline_step_once", fields=["kind", "subject_id", "epoch", "loop", "step"]
            ),
            models.CheckConstraint(
                name="deadline_state_and_time_agree",
                condition=Q(state="waiting", fired_at__isnull=True, cancelled_at__isnull=True)
                | Q(state="fired", fired_at__isnull=False, cancelled_at__isnull=True)
                | Q(state="cancelled", fired_at__isnull=True, cancelled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="deadline_due", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} ({self.epoch}.{self.loop}.{self.step})"

    def delay(self) -> float | None:
        """Seconds between the promise and the firing; None while it waits."""
        return (self.fired_at - self.due_at).total_seconds() if self.fired_at else None
