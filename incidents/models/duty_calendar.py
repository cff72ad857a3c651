"""A calendar kept elsewhere from which a duty takes its turns, and our copy of it."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.escalation import Rotation

# A source is asked this often; a copy older than the second is called old.
ASKED_EVERY = timedelta(minutes=15)
OLD_AFTER = timedelta(hours=2)


class CalendarUse(models.TextChoices):
    """What the events of a calendar mean."""

    TURNS = "turns", _("Turns of the duty")
    STAND_IN = "stand_in", _("People who stand in")


class DutyCalendarQuerySet(models.QuerySet["DutyCalendar"]):
    """Sets of calendars."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch calendars: who has the duty is no secret inside."""
        return self.filter(rotation__in=Rotation.objects.visible_to(user))

    def taken_over(self) -> Self:
        """Those that somebody has looked at and said yes to."""
        return self.exclude(taken_over_at=None)


class DutyCalendar(models.Model):
    """Turns that somebody plans in another program; the last copy that could be read stays."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=120)
    use = models.CharField(max_length=10, choices=CalendarUse.choices, default=CalendarUse.TURNS)
    # Empty for an uploaded file. Such an address often is the key itself: only its host is shown.
    address = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    # When the copy was last the same as its source.
    read_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    taken_over_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DutyCalendarQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="duty_calendar_use_known", condition=Q(use__in=CalendarUse.values)
            ),
            models.CheckConstraint(
                name="duty_calendar_has_a_source", condition=~Q(address="") | ~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """Where it comes from, without what opens it; empty for a file."""
        return urlsplit(self.address).hostname or ""

    def is_old(self, at: datetime) -> bool:
        """Whether the copy may no longer be what its source says."""
        return bool(self.address) and (self.read_at is None or at - self.read_at > OLD_AFTER)
