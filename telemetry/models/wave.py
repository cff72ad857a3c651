"""Bringing many sites home after an outage, a few at a time, each wave gated on the one before."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from telemetry.models.order import Order


class PlanStatus(models.TextChoices):
    """Where a wave plan stands."""

    DRAFT = "draft", _("Dry run")
    REQUESTED = "requested", _("Waits for a second person")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    LATE = "late", _("Waits for dark sites")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Called off")


PLAN_LIFECYCLE = Lifecycle(
    "wave plan",
    {
        PlanStatus.DRAFT: frozenset({PlanStatus.REQUESTED, PlanStatus.CANCELLED}),
        PlanStatus.REQUESTED: frozenset(
            {PlanStatus.DRAFT, PlanStatus.RUNNING, PlanStatus.CANCELLED}
        ),
        PlanStatus.RUNNING: frozenset(
            {PlanStatus.PAUSED, PlanStatus.LATE, PlanStatus.DONE, PlanStatus.CANCELLED}
        ),
        PlanStatus.PAUSED: frozenset({PlanStatus.RUNNING, PlanStatus.CANCELLED}),
        PlanStatus.LATE: frozenset(
            {PlanStatus.RUNNING, PlanStatus.PAUSED, PlanStatus.DONE, PlanStatus.CANCELLED}
        ),
        PlanStatus.DONE: frozenset(),
        PlanStatus.CANCELLED: frozenset(),
    },
)


class WaveStatus(models.TextChoices):
    """Where one wave stands."""

    WAITING = "waiting", _("Waiting")
    DRAINING = "running", _("Emptying its queues")
    GATING = "monitoring", _("Watched before the next")
    PASSED = "passed", _("Passed")
    PAUSED = "paused", _("Paused: somebody decides")
    FAILED = "failed", _("Failed: frozen again")
    SKIPPED = "skipped", _("Skipped")


class WaveOrder(models.TextChoices):
    """Which sites go first."""

    SMALLEST = "smallest", _("Smallest queue first")
    CRITICAL = "critical", _("Most critical first")


class Lane(models.TextChoices):
    """The main road, or the one for sites that were dark when the plan was made."""

    MAIN = "main", _("Main")
    LATE = "late", _("Late")


class Asked(models.TextChoices):
    """What a second person is asked for."""

    START = "start", _("Start the waves")
    RESUME = "resume", _("Go on after a pause")
    SKIP = "skip", _("Skip this wave")


class WavePlanQuerySet(models.QuerySet["WavePlan"]):
    """Sets of wave plans."""

    def visible_to(self, user: User) -> Self:
        """Plans with at least one site that the person may see."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        member = WaveSite.objects.filter(wave__plan=OuterRef("pk"), site__in=sites)
        return self.filter(Exists(member))

    def moving(self) -> Self:
        """Plans that the engine has to look at."""
        return self.filter(status__in=(PlanStatus.RUNNING, PlanStatus.LATE))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("requested_by", "approved_by")


class WavePlan(models.Model):
    """Which sites come home in which order, at what pace, and what would stop it.

    All of them are held first (`hold_order`); a wave is permission (`Wave.permit_order`) on a
    lease, and passing it sets its sites free.
    """

    number = models.PositiveIntegerField(unique=True)
    code = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10, choices=PlanStatus.choices, default=PlanStatus.DRAFT)
    order_by = models.CharField(
        max_length=10, choices=WaveOrder.choices, default=WaveOrder.SMALLEST
    )
    reason = models.CharField(max_length=500)
    # What the centre has been measured to take, in bytes a second; shared out among a wave.
    capacity = models.BigIntegerField()
    # The limits of the gate, as they were when the plan was approved.
    gate = models.JSONField(default=dict)
    # The 95th percentile of a session before the plan, in ms; null: not known.
    base_p95_ms = models.FloatField(null=True)
    hold_order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="held_plans"
    )
    asked = models.CharField(max_length=8, choices=Asked.choices, blank=True)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="plans_asked"
    )
    digest = models.CharField(max_length=64, blank=True)
    paused_why = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="plans_made")
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="plans_approved"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = WavePlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="wave_plan_approved_by_another",
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(name="wave_plan_capacity", condition=Q(capacity__gt=0)),
        ]

    def __str__(self) -> str:
        return self.code


class Wave(models.Model):
    """Some sites that sync together, and what the gate saw of them."""

    plan = models.ForeignKey(WavePlan, on_delete=models.CASCADE, related_name="waves")
    position = models.PositiveIntegerField()
    lane = models.CharField(max_length=5, choices=Lane.choices, default=Lane.MAIN)
    status = models.CharField(max_length=12, choices=WaveStatus.choices, default=WaveStatus.WAITING)
    rate = models.BigIntegerField(default=0)
    permit_order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="permitted_waves"
    )
    started_at = models.DateTimeField(null=True)
    gate_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    findings: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="wave_once_in_a_plan", fields=["plan", "position"]),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.position}"


class WaveSite(models.Model):
    """A site in a wave: what waited when it began, and when it was home."""

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="members")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="wave_memberships")
    planned_records = models.BigIntegerField(default=0)
    planned_bytes = models.BigIntegerField(default=0)
    started_records = models.BigIntegerField(null=True)
    drained_at = models.DateTimeField(null=True)
    # It held the others up too long; it goes on at its own pace.
    is_straggler = models.BooleanField(default=False)
    is_released = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="wave_site_once", fields=["wave", "site"]),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} in {self.wave_id}"
