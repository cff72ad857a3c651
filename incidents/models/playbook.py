"""The plan: playbooks, their versions, phases and steps."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.escalation import EscalationPolicy
from incidents.models.incident import RoleName
from incidents.models.wording import BilingualModel


class VersionStatus(models.TextChoices):
    """Where a version of a playbook stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


VERSION_LIFECYCLE = Lifecycle(
    "playbook version",
    {
        VersionStatus.DRAFT: frozenset({VersionStatus.PUBLISHED, VersionStatus.WITHDRAWN}),
        VersionStatus.PUBLISHED: frozenset({VersionStatus.WITHDRAWN}),
        VersionStatus.WITHDRAWN: frozenset(),
    },
)


class PhaseKind(models.TextChoices):
    """The stages every plan goes through."""

    IDENTIFICATION = "identification", _("Identification")
    CONTAINMENT = "containment", _("Containment")
    # A sub-phase: it lies within containment, so plans need not have it.
    ERADICATION = "eradication", _("Eradication")
    RECOVERY = "recovery", _("Recovery")
    REVIEW = "review", _("Review")


class StepRight(models.TextChoices):
    """What whoever ticks a step may have to be allowed to do, beyond working on incidents."""

    COMMAND = "incidents.run_incident", _("May command an incident")
    CLOSE = "incidents.close_incident", _("May close an incident")
    TELL = "incidents.publish_update", _("May speak to people outside the room")
    DEVICES = "telemetry.enrol_device", _("May enrol and revoke devices")
    ORDER = "telemetry.give_order", _("May order sites to freeze or to work offline")
    TARGETS = "incidents.publish_playbook", _("May approve playbooks")


class PlaybookQuerySet(models.QuerySet["Playbook"]):
    """Sets of playbooks."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch playbooks: a plan is known to everybody who may look."""
        return self

    def usable(self) -> Self:
        """Playbooks with a version that may be run."""
        return self.filter(versions__status=VersionStatus.PUBLISHED).distinct()

    def for_list(self) -> Self:
        """Everything a list row shows, in two queries."""
        return self.select_related("business_owner", "technical_owner").prefetch_related("versions")


class Playbook(BilingualModel):
    """The plan for one scenario."""

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    scenario = models.TextField(blank=True)
    kinds = models.JSONField(default=list, blank=True)
    rules = models.JSONField(default=list, blank=True)
    business_owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="owned_playbooks"
    )
    technical_owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="kept_playbooks"
    )
    # What the plan brings back, and how fast at least; calling people may not take longer.
    assets = models.ManyToManyField(Asset, blank=True, related_name="playbooks")
    rto = models.DurationField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        permissions = [("publish_playbook", "Can publish and withdraw a playbook version")]

    def __str__(self) -> str:
        return f"{self.code} {self.said('title')}"

    @property
    def published_version(self) -> "PlaybookVersion | None":
        """The version that a run would copy now."""
        published = [v for v in self.versions.all() if v.status == VersionStatus.PUBLISHED]
        return max(published, key=lambda version: version.number, default=None)


class PlaybookVersion(models.Model):
    """One edition of a plan; once published it never changes."""

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=20, choices=VersionStatus.choices, default=VersionStatus.DRAFT
    )
    change_note = models.CharField(max_length=300, blank=True)
    # Whoever wrote on it; none of them may approve it.
    authors = models.ManyToManyField(User, blank=True, related_name="written_versions")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "number"], name="playbook_version_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["playbook"],
                condition=Q(status="published"),
                name="playbook_one_published_version",
            ),
            models.CheckConstraint(
                name="playbook_version_status_known", condition=Q(status__in=VersionStatus.values)
            ),
            models.CheckConstraint(
                name="playbook_version_published_has_digest",
                condition=~Q(status="published") | (Q(published_at__isnull=False) & ~Q(digest="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.playbook} v{self.number}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"{self.playbook.code} v{self.number}"


class Phase(BilingualModel):
    """A stage of the plan, with its own clock and its own people to call."""

    version = models.ForeignKey(PlaybookVersion, on_delete=models.CASCADE, related_name="phases")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=PhaseKind.choices)
    name = models.CharField(max_length=120)
    escalates_after = models.DurationField(null=True, blank=True)
    policy = models.ForeignKey(
        EscalationPolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="phases"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="phase_position_once"),
            models.CheckConstraint(name="phase_kind_known", condition=Q(kind__in=PhaseKind.values)),
        ]

    def __str__(self) -> str:
        return self.said("name")


class StepBody(BilingualModel):
    """What one thing to do consists of: the same words in the plan and in the run."""

    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=60, blank=True)
    text = models.CharField(max_length=300)
    instructions = models.TextField(blank=True)
    role = models.CharField(max_length=20, choices=RoleName.choices, blank=True)
    due_within = models.DurationField(null=True, blank=True)
    is_decision = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True)
    authority = models.CharField(max_length=300, blank=True)
    needs_second_person = models.BooleanField(default=False)
    # The permission of whoever ticks it; of whoever confirms it where it takes two people.
    right = models.CharField(max_length=100, choices=StepRight.choices, blank=True)
    # What the note has to prove, in words; empty where a tick is enough.
    evidence = models.CharField(max_length=200, blank=True)
    # The option that holds when the time is up and nobody has decided.
    default_option = models.CharField(max_length=100, blank=True)
    # Steps of one branch follow each other; branches of a phase run side by side.
    branch = models.CharField(max_length=60, blank=True)
    # {"step": key, "chosen": option key, "facts": [{"fact": name, "value": …}]}: the step counts
    # only after that step (and that choice), and only while those facts hold.
    condition = models.JSONField(default=dict, blank=True)
    # {"kind": "freeze_site", …}: what a button beside the step offers to order; never by itself.
    action = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.said("text")


class Step(StepBody):
    """One thing to do."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="steps")
    # What an import could not understand, in words; a version with such steps is not published.
    unfinished = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phase", "position"], name="step_position_once"),
            models.CheckConstraint(
                name="step_role_known", condition=Q(role__in=["", *RoleName.values])
            ),
        ]
