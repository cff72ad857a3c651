"""A promise from a review, kept in sight until it is done."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident
from incidents.models.review import Review


class ActionItemStatus(models.TextChoices):
    """Where a promise stands."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    VERIFIED = "verified", _("Verified")
    DROPPED = "dropped", _("Dropped")


class ActionItemKind(models.TextChoices):
    """What a promise is good for, the next time."""

    PREVENT = "prevent", _("Prevent")
    DETECT = "detect", _("Detect")
    MITIGATE = "mitigate", _("Mitigate")
    PROCESS = "process", _("Process")


class ActionItemAbout(models.TextChoices):
    """What a review wants changed by the one who owns it."""

    RISK = "risk", _("Risk")
    CONTROL = "control", _("Control")
    PLAYBOOK = "playbook", _("Playbook")
    OBJECTIVE = "objective", _("Objective")


ACTION_ITEM_LIFECYCLE = Lifecycle(
    "action item",
    {
        ActionItemStatus.OPEN: frozenset({ActionItemStatus.DONE, ActionItemStatus.DROPPED}),
        ActionItemStatus.DONE: frozenset({ActionItemStatus.OPEN, ActionItemStatus.VERIFIED}),
        ActionItemStatus.VERIFIED: frozenset({ActionItemStatus.OPEN}),
        ActionItemStatus.DROPPED: frozenset({ActionItemStatus.OPEN}),
    },
)


# By address and not by import: two of these rooms lie above.
ABOUT_DOORS: dict[str, str] = {
    ActionItemAbout.RISK: "risks:detail",
    ActionItemAbout.CONTROL: "risks:control",
    ActionItemAbout.PLAYBOOK: "incidents:playbook",
    ActionItemAbout.OBJECTIVE: "assets:objective",
}


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    """Sets of promises."""

    def open(self) -> Self:
        """Promises not yet kept."""
        return self.filter(status=ActionItemStatus.OPEN)

    def overdue(self, today: date) -> Self:
        """Promises whose day has passed."""
        return self.open().filter(due_on__lt=today)

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch action items: of visible incidents, and one's own."""
        return self.filter(Q(incident__in=Incident.objects.visible_to(user)) | Q(owner=user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("incident", "review", "owner", "verified_by")


class ActionItem(models.Model):
    """What somebody promised to do, by when."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="action_items")
    review = models.ForeignKey(
        Review, null=True, blank=True, on_delete=models.PROTECT, related_name="action_items"
    )
    kind = models.CharField(
        max_length=10, choices=ActionItemKind.choices, default=ActionItemKind.PREVENT
    )
    # What has to change, named by its code: the register lies above this room.
    about_kind = models.CharField(max_length=10, choices=ActionItemAbout.choices, blank=True)
    about_code = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=500)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="action_items")
    due_on = models.DateField()
    status = models.CharField(
        max_length=10, choices=ActionItemStatus.choices, default=ActionItemStatus.OPEN
    )
    outcome = models.CharField(max_length=500, blank=True)
    assigned_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    # Somebody else than the owner looked and found that it does what it was promised for.
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        permissions = [("handle_actionitem", "Can assign, finish and drop action items")]
        constraints = [
            models.CheckConstraint(
                name="action_item_finished_iff_timestamp",
                condition=Q(status="open", finished_at__isnull=True)
                | (~Q(status="open") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="action_item_about_something_or_nothing",
                condition=Q(about_kind="", about_code="") | (~Q(about_kind="") & ~Q(about_code="")),
            ),
            models.CheckConstraint(
                name="action_item_verified_iff_person",
                condition=Q(status="verified", verified_at__isnull=False, verified_by__isnull=False)
                | (~Q(status="verified") & Q(verified_at=None, verified_by=None)),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="action_item_due")]

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """What people call it."""
        return f"ACT-{self.pk}"

    @property
    def about_url(self) -> str:
        """The page of what has to change."""
        door = ABOUT_DOORS.get(self.about_kind)
        return reverse(door, args=[self.about_code]) if door else ""

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed and it is not done."""
        return self.status == ActionItemStatus.OPEN and self.due_on < today
