"""What we told whom, and when we promised to tell them more."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.incident_state import ONGOING
from incidents.models.wording import BilingualModel


class Audience(models.TextChoices):
    """Whom a status update is for."""

    USERS = "users", _("Users")
    PARTNERS = "partners", _("Partners")
    STAFF = "staff", _("Staff")
    MANAGEMENT = "management", _("Management")
    REGULATOR = "regulator", _("Regulator")
    PUBLIC = "public", _("Public")


class StatusUpdateQuerySet(models.QuerySet["StatusUpdate"]):
    """Sets of status updates."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch updates."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("incident", "published_by")

    def outstanding(self) -> Self:
        """Promises that no further update has kept yet, of incidents that go on."""
        return self.filter(
            next_promised_at__isnull=False, followed_at=None, incident__status__in=ONGOING
        )


class StatusUpdate(BilingualModel):
    """Words that went out, and the time promised for the next ones."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    audience = models.CharField(max_length=20, choices=Audience.choices)
    text = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="status_updates"
    )
    next_promised_at = models.DateTimeField(null=True, blank=True)
    # Set when the following update for the same audience went out.
    followed_at = models.DateTimeField(null=True, blank=True)

    objects = StatusUpdateQuerySet.as_manager()

    class Meta:
        permissions = [("publish_update", "Can publish a status update")]
        constraints = [
            models.CheckConstraint(
                name="status_update_audience_known", condition=Q(audience__in=Audience.values)
            ),
        ]
        indexes = [models.Index(fields=["incident", "-published_at"], name="update_by_incident")]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def code(self) -> str:
        """What people call it."""
        return f"UPD-{self.pk}"

    def is_broken_promise(self, at: datetime) -> bool:
        """Whether the next update came later than promised, or has not come."""
        return bool(self.next_promised_at and (self.followed_at or at) > self.next_promised_at)

    def promise_state(self, at: datetime) -> str:
        """What became of the promise: none, kept, late, waiting, overdue or ended."""
        if self.next_promised_at is None:
            return "none"
        if self.followed_at is not None:
            return "late" if self.followed_at > self.next_promised_at else "kept"
        if not self.incident.is_ongoing:
            return "ended"
        return "overdue" if at > self.next_promised_at else "waiting"
