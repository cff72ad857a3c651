"""Whom to call next: policies, rotations, and the escalations under way."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident, RoleName
from incidents.models.incident_state import Severity


class EscalationPolicyQuerySet(models.QuerySet["EscalationPolicy"]):
    """Sets of policies."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch policies: who is called is no secret inside."""
        return self

    def for_detail(self) -> Self:
        """Everything that deciding whom to call needs."""
        return self.select_related("fallback").prefetch_related(
            "levels__targets__user", "levels__targets__rotation__shifts__user"
        )


class EscalationPolicy(models.Model):
    """Who is told, who is next when nobody reacts, and who is told when nobody can be reached."""

    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    # Never empty and never deletable: there is always somebody to call.
    fallback = models.ForeignKey(User, on_delete=models.PROTECT, related_name="fallback_of")
    repeat_count = models.PositiveSmallIntegerField(default=1)
    is_default = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = EscalationPolicyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="escalation_one_default_policy",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EscalationLevel(models.Model):
    """One rung: whom to call, and how long to wait for an answer before the next one."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="levels")
    position = models.PositiveSmallIntegerField()
    delay = models.DurationField()
    # Called only for incidents at least this grave; null is for all. 1 is the worst.
    only_for = models.PositiveSmallIntegerField(null=True, blank=True, choices=Severity.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "position"], name="escalation_level_position_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.position}"


class RotationQuerySet(models.QuerySet["Rotation"]):
    """Sets of rotations."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch rotations: who has the duty is no secret inside."""
        return self

    def for_list(self) -> Self:
        """Everything a list row shows."""
        return self.prefetch_related("shifts__user")


class Rotation(models.Model):
    """A duty that people take in turns."""

    name = models.CharField(max_length=120, unique=True)
    time_zone = models.CharField(max_length=60, default="Asia/Jakarta")

    objects = RotationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def on_call_at(self, at: datetime, *, away: Collection[int] = ()) -> list[User]:
        """Who has the duty at a moment; whoever stands in comes before whom they replace.

        Of people who are away, none.
        """
        turns = (s for s in self.shifts.all() if s.user_id not in away)
        now = [s for s in turns if s.starts_at <= at < s.ends_at]
        standing_in = [shift for shift in now if shift.is_override]
        return [shift.user for shift in (standing_in or now)]


class Shift(models.Model):
    """One person's turn."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_override = models.BooleanField(default=False)
    # The calendar kept elsewhere that says so; null where a person of the portal did.
    calendar = models.ForeignKey(
        "incidents.DutyCalendar",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="shifts",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shift_ends_after_it_starts", condition=Q(ends_at__gt=models.F("starts_at"))
            ),
        ]
        indexes = [models.Index(fields=["rotation", "starts_at"], name="shift_by_rotation")]

    def __str__(self) -> str:
        return f"{self.rotation_id}: {self.user_id}"


class EscalationTarget(models.Model):
    """Somebody on a rung: a person, whoever has a duty, or whoever holds a role."""

    level = models.ForeignKey(EscalationLevel, on_delete=models.CASCADE, related_name="targets")
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="escalation_targets"
    )
    rotation = models.ForeignKey(
        Rotation, null=True, blank=True, on_delete=models.PROTECT, related_name="targets"
    )
    role = models.CharField(max_length=20, choices=RoleName.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="escalation_target_names_exactly_one",
                condition=Q(user__isnull=False, rotation__isnull=True, role="")
                | Q(user__isnull=True, rotation__isnull=False, role="")
                | (Q(user__isnull=True, rotation__isnull=True) & ~Q(role="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level_id}: {self.user_id or self.rotation_id or self.role}"


class EscalationStatus(models.TextChoices):
    """Where an escalation stands."""

    RUNNING = "running", _("Calling")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    STOPPED = "stopped", _("Stopped")
    EXHAUSTED = "exhausted", _("Nobody answered")


ESCALATION_LIFECYCLE = Lifecycle(
    "escalation",
    {
        EscalationStatus.RUNNING: frozenset(
            {
                EscalationStatus.ACKNOWLEDGED,
                EscalationStatus.STOPPED,
                EscalationStatus.EXHAUSTED,
            }
        ),
        # Whoever was called last may still answer; and the guard starts it again.
        EscalationStatus.EXHAUSTED: frozenset(
            {EscalationStatus.ACKNOWLEDGED, EscalationStatus.STOPPED}
        ),
        EscalationStatus.ACKNOWLEDGED: frozenset(),
        EscalationStatus.STOPPED: frozenset(),
    },
)


class EscalationReason(models.TextChoices):
    """Why people are called."""

    DECLARED = "declared", _("Incident declared")
    PHASE = "phase", _("Phase is taking too long")
    STEP = "step", _("Step is overdue")
    MANUAL = "manual", _("Called by a person")
    GUARD = "guard", _("Nobody was being called")
    REOPENED = "reopened", _("Incident reopened")


class EscalationQuerySet(models.QuerySet["Escalation"]):
    """Sets of escalations."""

    def running(self) -> Self:
        """Those that will call somebody again."""
        return self.filter(status=EscalationStatus.RUNNING)

    def unanswered(self) -> Self:
        """Those that nobody has taken."""
        return self.filter(status__in=[EscalationStatus.RUNNING, EscalationStatus.EXHAUSTED])

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch escalations."""
        return self.filter(incident__in=Incident.objects.visible_to(user))


class Escalation(models.Model):
    """A policy being carried out: who has been called, and who will be next."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="escalations")
    policy = models.ForeignKey(
        EscalationPolicy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="escalations",
    )
    reason = models.CharField(max_length=20, choices=EscalationReason.choices)
    subject = models.CharField(max_length=200, blank=True)
    # {"name", "repeat_count", "fallback": user pk, "levels": [{"delay_s", "targets": […]}]}
    policy_snapshot = models.JSONField(default=dict)
    epoch = models.PositiveIntegerField(default=1)
    loop = models.PositiveIntegerField(default=0)
    level = models.PositiveIntegerField(default=0)
    status = models.CharField(
        max_length=20, choices=EscalationStatus.choices, default=EscalationStatus.RUNNING
    )
    started_at = models.DateTimeField()
    next_due_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="answered_escalations"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="escalation_status_known", condition=Q(status__in=EscalationStatus.values)
            ),
            models.UniqueConstraint(
                fields=["incident", "reason", "subject"],
                condition=Q(status="running"),
                name="escalation_one_running_per_reason",
            ),
            models.CheckConstraint(
                name="escalation_acknowledged_iff_person",
                condition=Q(status="acknowledged", acknowledged_by__isnull=False)
                | (~Q(status="acknowledged") & Q(acknowledged_by__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["status", "next_due_at"], name="escalation_next")]

    def __str__(self) -> str:
        return f"ESC-{self.pk}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"ESC-{self.pk}"


class EscalationFiring(models.Model):
    """The ledger: one rung was due, fired, and whom it reached."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="firings")
    epoch = models.PositiveIntegerField()
    loop = models.PositiveIntegerField()
    level = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    # Names and ids as they were called, for the ledger: a rotation says nothing a year later.
    called = models.JSONField(default=list, blank=True)
    unreachable = models.JSONField(default=list, blank=True)
    is_fallback = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "epoch", "loop", "level"], name="escalation_fires_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.escalation_id}: {self.epoch}/{self.loop}/{self.level}"

    @property
    def lateness_s(self) -> float:
        """Seconds between due and fired; after an outage of our own this is not small."""
        return (self.fired_at - self.due_at).total_seconds()
