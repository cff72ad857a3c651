"""When a person is away and must not be called, and the calendar of their own that says so."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q

from bcp_portal.accounts.models import User

# A source is asked this often; a reading older than the second is called old.
ASKED_EVERY = timedelta(minutes=15)
OLD_AFTER = timedelta(hours=2)


class AbsenceCalendarQuerySet(models.QuerySet["AbsenceCalendar"]):
    """Sets of calendars of absences."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: a calendar is its person's own."""
        return self.filter(user=user)


class AbsenceCalendar(models.Model):
    """A person's own calendar of absences; of its events only the times are kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="absence_calendar")
    # Empty for an uploaded file. Such an address often is the key itself: only its host is shown.
    address = models.CharField(max_length=500, blank=True)
    time_zone = models.CharField(max_length=60)
    asked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = AbsenceCalendarQuerySet.as_manager()

    def __str__(self) -> str:
        return f"absences of {self.user_id}"

    @property
    def host(self) -> str:
        """Where it comes from, without what opens it; empty for a file."""
        return urlsplit(self.address).hostname or ""

    def is_old(self, at: datetime) -> bool:
        """Whether our reading may no longer be what the source says."""
        return bool(self.address) and (self.read_at is None or at - self.read_at > OLD_AFTER)


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Sets of absences."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch absences: who cannot be called is no secret inside."""
        return self

    def at(self, moment: datetime) -> Self:
        """Those of people who are away at a moment."""
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)

    def between(self, since: datetime, until: datetime) -> Self:
        """Those that touch a span of time."""
        return self.filter(starts_at__lt=until, ends_at__gt=since)


class Absence(models.Model):
    """From when until when a person is not called by a level that names them or their duty."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="absence_by_person")]

    def __str__(self) -> str:
        return f"{self.user_id} is away"
