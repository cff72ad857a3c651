"""The plan being carried out: a copy of a playbook version that can be ticked."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident, RoleName
from incidents.models.incident_state import RunMode
from incidents.models.playbook import PhaseKind, PlaybookVersion, StepBody
from incidents.models.wording import BilingualModel, render_message


class RunStatus(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    ABANDONED = "abandoned", _("Abandoned")


RUN_LIFECYCLE = Lifecycle(
    "run",
    {
        RunStatus.RUNNING: frozenset({RunStatus.FINISHED, RunStatus.ABANDONED}),
        RunStatus.FINISHED: frozenset({RunStatus.RUNNING}),
        RunStatus.ABANDONED: frozenset(),
    },
)


class StepStatus(models.TextChoices):
    """Where one step stands."""

    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting for a second person")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")


STEP_LIFECYCLE = Lifecycle(
    "step",
    {
        StepStatus.OPEN: frozenset({StepStatus.WAITING, StepStatus.DONE, StepStatus.SKIPPED}),
        StepStatus.WAITING: frozenset({StepStatus.OPEN, StepStatus.DONE, StepStatus.SKIPPED}),
        # From one to the other only when the log of the run says so: see services/projection.py.
        StepStatus.DONE: frozenset({StepStatus.OPEN, StepStatus.SKIPPED}),
        StepStatus.SKIPPED: frozenset({StepStatus.OPEN, StepStatus.DONE}),
    },
)


class PlaybookRunQuerySet(models.QuerySet["PlaybookRun"]):
    """Sets of runs."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch runs."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("incident", "version__playbook", "started_by")


class PlaybookRun(models.Model):
    """A playbook carried out in one incident, live or as a rehearsal."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="runs")
    mode = models.CharField(max_length=10, choices=RunMode.choices, default=RunMode.LIVE)
    epoch = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=RunStatus.choices, default=RunStatus.RUNNING)
    # The digest of what was copied: proof of which plan was followed.
    digest = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="started_runs"
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    abandon_reason = models.CharField(max_length=300, blank=True)

    objects = PlaybookRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_status_known", condition=Q(status__in=RunStatus.values)
            ),
            models.CheckConstraint(
                name="run_finished_iff_timestamp",
                condition=(Q(status="running") & Q(finished_at__isnull=True))
                | (~Q(status="running") & Q(finished_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["incident", "version"],
                condition=Q(status="running"),
                name="run_one_of_a_version_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.version}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"RUN-{self.pk}"


class RunPhase(BilingualModel):
    """A copied phase, with when it was opened and finished."""

    run = models.ForeignKey(PlaybookRun, on_delete=models.CASCADE, related_name="phases")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=PhaseKind.choices)
    name = models.CharField(max_length=120)
    escalates_after = models.DurationField(null=True, blank=True)
    # The escalation policy as it was when the run started; editing the policy changes nothing.
    policy_snapshot = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    escalates_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="run_phase_position_once"),
        ]

    def __str__(self) -> str:
        return self.said("name")

    def is_overdue(self, at: datetime) -> bool:
        """Whether it has taken longer than the plan allows."""
        return bool(self.escalates_at and not self.finished_at and self.escalates_at <= at)


class RunStepQuerySet(models.QuerySet["RunStep"]):
    """Sets of steps under way."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch steps of a run."""
        return self.filter(phase__run__incident__in=Incident.objects.visible_to(user))

    def pending(self) -> Self:
        """Steps that hold their phase open."""
        return self.filter(status__in=[StepStatus.OPEN, StepStatus.WAITING])

    def overdue(self, at: datetime) -> Self:
        """Pending steps whose time is up."""
        return self.pending().filter(due_at__lte=at)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "phase__run__incident", "phase__run__version__playbook", "done_by", "first_person"
        )


class RunStep(StepBody):
    """A copied step: who did it, when, and what was chosen."""

    phase = models.ForeignKey(RunPhase, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=10, choices=StepStatus.choices, default=StepStatus.OPEN)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="done_steps"
    )
    first_person = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    chosen = models.CharField(max_length=100, blank=True)
    skip_reason = models.CharField(max_length=300, blank=True)
    # Why the plan itself left it out: {"message", "params", "by": "facts" or "step"}.
    not_needed = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    # What became of what it ordered from another program: {"message", "params", "tone"}.
    outcome = models.JSONField(default=dict, blank=True)

    objects = RunStepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phase", "position"], name="run_step_position_once"),
            models.CheckConstraint(
                name="run_step_status_known", condition=Q(status__in=StepStatus.values)
            ),
            models.CheckConstraint(
                name="run_step_role_known", condition=Q(role__in=["", *RoleName.values])
            ),
            models.CheckConstraint(
                name="run_step_settled_iff_timestamp",
                condition=Q(status__in=["done", "skipped"], done_at__isnull=False)
                | Q(status__in=["open", "waiting"], done_at__isnull=True),
            ),
            models.CheckConstraint(
                name="run_step_skipped_with_reason",
                condition=~Q(status="skipped") | ~Q(skip_reason=""),
            ),
            # Two people means two people.
            models.CheckConstraint(
                name="run_step_second_person_is_another",
                condition=Q(first_person__isnull=True)
                | Q(done_by__isnull=True)
                | ~Q(first_person=models.F("done_by")),
            ),
        ]

    @property
    def code(self) -> str:
        """What people call it."""
        return f"STEP-{self.pk}"

    @property
    def is_settled(self) -> bool:
        """Whether it no longer holds its phase open."""
        return self.status in (StepStatus.DONE, StepStatus.SKIPPED)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The options of a decision in the reader's language, as (stored, shown)."""
        language = (get_language() or "en").split("-")[0]
        return [_option(option, language) for option in self.options]

    @property
    def why_skipped(self) -> str:
        """Why it was left out, in the reader's language."""
        if self.not_needed:
            return render_message(self.not_needed["message"], self.not_needed["params"])
        return self.skip_reason

    @property
    def outcome_words(self) -> str:
        """What became of what it ordered, in the reader's language."""
        return render_message(self.outcome["message"], self.outcome["params"])

    def is_overdue(self, at: datetime) -> bool:
        """Whether its time is up and it is still to be done."""
        return bool(self.due_at and not self.is_settled and self.due_at <= at)


def _option(option: Any, language: str) -> tuple[str, str]:
    if isinstance(option, dict):
        words = option.get("text", {})
        shown = words.get(language) or words.get("en") or option["key"]
        return str(option["key"]), str(shown)
    return str(option), str(option)
