"""A rehearsal: planned, run on the same code as the real thing, scored."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, FailoverPath, Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident
from incidents.models.incident_state import Severity
from incidents.models.playbook import Playbook


class ExerciseKind(models.TextChoices):
    """How much of it is real."""

    TABLETOP = "tabletop", _("Tabletop")
    DRILL = "drill", _("Live drill")
    RESTORE = "restore", _("Restore test")
    FAILOVER = "failover", _("Failover test")


class ExerciseStatus(models.TextChoices):
    """Where an exercise stands."""

    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


EXERCISE_LIFECYCLE = Lifecycle(
    "exercise",
    {
        ExerciseStatus.PLANNED: frozenset({ExerciseStatus.RUNNING, ExerciseStatus.CANCELLED}),
        ExerciseStatus.RUNNING: frozenset({ExerciseStatus.FINISHED, ExerciseStatus.CANCELLED}),
        ExerciseStatus.FINISHED: frozenset(),
        ExerciseStatus.CANCELLED: frozenset(),
    },
)


class ExerciseQuerySet(models.QuerySet["Exercise"]):
    """Sets of exercises."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch exercises: what is rehearsed is no secret inside."""
        return self

    def for_list(self) -> Self:
        """Everything a list row shows."""
        return self.select_related("playbook", "owner", "incident").prefetch_related("assets")


class Exercise(models.Model):
    """One rehearsal of one scenario, and what came of it."""

    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=ExerciseKind.choices)
    status = models.CharField(
        max_length=20, choices=ExerciseStatus.choices, default=ExerciseStatus.PLANNED
    )
    goal = models.TextField(blank=True)
    playbook = models.ForeignKey(
        Playbook, null=True, blank=True, on_delete=models.PROTECT, related_name="exercises"
    )
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.HIGH)
    sites = models.ManyToManyField(Site, blank=True, related_name="exercises")
    assets = models.ManyToManyField(Asset, blank=True, related_name="exercises")
    failover_path = models.ForeignKey(
        FailoverPath, null=True, blank=True, on_delete=models.PROTECT, related_name="exercises"
    )
    # A past incident whose signals are played again, at their own distances.
    recorded = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="replays"
    )
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="exercises")
    scheduled_for = models.DateTimeField()
    takes = models.DurationField(default=timedelta(hours=2))
    detect_within = models.DurationField(null=True, blank=True)
    decide_within = models.DurationField(null=True, blank=True)
    contain_within = models.DurationField(null=True, blank=True)
    recover_within = models.DurationField(null=True, blank=True)
    communicate_within = models.DurationField(null=True, blank=True)
    incident = models.OneToOneField(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="exercise"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # {"lines": [{"name", "took_s", "limit_s", "points"}], "total": 0 to 100 or null}
    score = models.JSONField(default=dict, blank=True)
    outcome = models.TextField(blank=True)
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ExerciseQuerySet.as_manager()

    class Meta:
        permissions = [("run_exercise", "Can plan, run and score exercises")]
        constraints = [
            models.CheckConstraint(
                name="exercise_status_known", condition=Q(status__in=ExerciseStatus.values)
            ),
            models.CheckConstraint(
                name="exercise_kind_known", condition=Q(kind__in=ExerciseKind.values)
            ),
            models.CheckConstraint(
                name="exercise_running_has_begun",
                condition=~Q(status__in=["running", "finished"]) | Q(started_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["status", "scheduled_for"], name="exercise_calendar")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def total(self) -> int | None:
        """The score of the whole, 0 to 100; None where nothing could be measured."""
        total: int | None = self.score.get("total")
        return total

    @property
    def proves_recovery(self) -> bool:
        """Whether something really came back; talking at a table proves no recovery time."""
        return self.kind != ExerciseKind.TABLETOP

    def is_overdue(self, at: datetime) -> bool:
        """Whether its day has passed and nobody began it."""
        return self.status == ExerciseStatus.PLANNED and self.scheduled_for < at


class Inject(models.Model):
    """Something that is told, or that telemetry shows, in the middle of an exercise."""

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="injects")
    after = models.DurationField()
    text = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    # {"rule", "site", "region", "severity", "title", "params"}: simulated telemetry; {} is words.
    signal = models.JSONField(default=dict, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="inject_says_something", condition=~Q(text="") | ~Q(signal={})
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80] or str(self.signal.get("title", ""))

    @property
    def facts(self) -> dict[str, Any]:
        """The telemetry that it simulates."""
        return dict(self.signal)
