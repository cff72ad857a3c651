"""How we speak to people outside the room: rules for each audience, templates, drafts."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident
from incidents.models.update import Audience, StatusUpdate
from incidents.models.wording import BilingualModel


class Approver(models.TextChoices):
    """Whose word an update needs before it goes out."""

    NOBODY = "", _("Nobody")
    COMMANDER = "commander", _("The commander of the incident")
    MANAGEMENT = "management", _("Management in the incident")


class AudienceRule(models.Model):
    """What holds for one audience; without a row the ready-made rule holds."""

    audience = models.CharField(max_length=20, choices=Audience.choices, unique=True)
    cadence = models.DurationField()
    remind_before = models.DurationField(default=timedelta(minutes=5))
    approver = models.CharField(max_length=20, choices=Approver.choices, blank=True)
    needs_second = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="audience_rule_known", condition=Q(audience__in=Audience.values)
            ),
            models.CheckConstraint(
                name="audience_rule_cadence_positive",
                condition=Q(cadence__gt=timedelta(0), remind_before__gte=timedelta(0)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_audience_display())

    @property
    def code(self) -> str:
        """What people call it."""
        return self.audience

    @property
    def label(self) -> str:
        """The audience in the reader's language."""
        return str(self.get_audience_display())


class UpdateTemplateQuerySet(models.QuerySet["UpdateTemplate"]):
    """Sets of templates."""

    def visible_to(self, user: User) -> Self:
        """Templates are no secret of a site."""
        return self

    def usable(self) -> Self:
        """Those that have not been put away."""
        return self.filter(retired_at=None)


class UpdateTemplate(BilingualModel):
    """Words prepared in quiet hours, with placeholders that the incident fills."""

    code = models.SlugField(max_length=40, unique=True)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    name = models.CharField(max_length=120)
    text = models.TextField()
    changed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = UpdateTemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="update_template_audience_known", condition=Q(audience__in=Audience.values)
            ),
        ]

    def __str__(self) -> str:
        return self.said("name")


class DraftStatus(models.TextChoices):
    """Where a draft stands."""

    WAITING = "waiting", _("Waiting for approval")
    SENT = "sent", _("Sent")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


DRAFT_LIFECYCLE = Lifecycle(
    "update draft",
    {
        DraftStatus.WAITING: frozenset(
            {DraftStatus.SENT, DraftStatus.REFUSED, DraftStatus.WITHDRAWN}
        ),
        DraftStatus.SENT: frozenset(),
        DraftStatus.REFUSED: frozenset(),
        DraftStatus.WITHDRAWN: frozenset(),
    },
)


class UpdateDraftQuerySet(models.QuerySet["UpdateDraft"]):
    """Sets of drafts."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch drafts."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def waiting(self) -> Self:
        """Drafts that somebody must still read."""
        return self.filter(status=DraftStatus.WAITING)

    def for_list(self) -> Self:
        """Everything a row shows, in one query."""
        return self.select_related("incident__commander", "written_by", "decided_by")


class UpdateDraft(BilingualModel):
    """An update that waits for somebody's word before it goes out."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="update_drafts")
    audience = models.CharField(max_length=20, choices=Audience.choices)
    text = models.TextField()
    next_in = models.DurationField(null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=DraftStatus.choices, default=DraftStatus.WAITING
    )
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="update_drafts")
    written_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    update = models.OneToOneField(
        StatusUpdate, null=True, blank=True, on_delete=models.PROTECT, related_name="draft"
    )

    objects = UpdateDraftQuerySet.as_manager()

    class Meta:
        permissions = [("approve_update", "Can approve a status update where no role is held")]
        constraints = [
            models.CheckConstraint(
                name="update_draft_audience_known", condition=Q(audience__in=Audience.values)
            ),
            models.CheckConstraint(
                name="update_draft_sent_iff_update",
                condition=Q(status="sent", update__isnull=False)
                | (~Q(status="sent") & Q(update__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def code(self) -> str:
        """What people call it."""
        return f"DRAFT-{self.pk}"

    def next_promised_at(self, at: datetime) -> datetime | None:
        """When the next update is promised if this one goes out now."""
        return at + self.next_in if self.next_in else None
