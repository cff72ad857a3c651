"""What happened in an incident, and when it was written down."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.wording import render_message


class TimelineKind(models.TextChoices):
    """What sort of thing happened."""

    STATUS = "status", _("Status")
    ALERT = "alert", _("Alert")
    STEP = "step", _("Step")
    CALL = "call", _("Call")
    ROLE = "role", _("Role")
    DECISION = "decision", _("Decision")
    ORDER = "order", _("Order")
    UPDATE = "update", _("Update")
    VERDICT = "verdict", _("Verdict")
    NOTE = "note", _("Note")
    REVIEW = "review", _("Review")
    ENGINE = "engine", _("Engine")


class Importance(models.IntegerChoices):
    """Who needs to read it: 1 belongs in every summary."""

    KEY = 1, _("Key moment")
    NORMAL = 2, _("Normal")
    DETAIL = 3, _("Detail")


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    """Sets of timeline entries."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch entries."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def as_told(self) -> Self:
        """In the order in which it happened."""
        return self.select_related("actor").order_by("happened_at", "pk")

    def since(self, at: datetime) -> Self:
        """What was written down after a moment."""
        return self.filter(recorded_at__gt=at)


class TimelineEntry(models.Model):
    """One thing that happened; never changed, never removed."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=20, choices=TimelineKind.choices)
    message = models.TextField()
    params = models.JSONField(default=dict, blank=True)
    importance = models.PositiveSmallIntegerField(
        choices=Importance.choices, default=Importance.NORMAL
    )
    actor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="timeline_entries"
    )
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = TimelineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="timeline_kind_known", condition=Q(kind__in=TimelineKind.values)
            ),
        ]
        indexes = [models.Index(fields=["incident", "-happened_at"], name="timeline_by_incident")]

    def __str__(self) -> str:
        return self.text

    @property
    def arrived_late(self) -> bool:
        """Whether a person wrote it down without a link: it came noticeably after it happened."""
        late = self.recorded_at - self.happened_at > timedelta(minutes=1)
        return late and bool(self.params.get("from_device"))

    @property
    def text(self) -> str:
        """What happened, in the reader's language; a person's own words stay as written."""
        return render_message(self.message, self.params)
