"""A report that comes to a person by itself, each week or month."""

from datetime import datetime, time, timedelta
from typing import Self

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.reports.models.report_file import ReportFile

# Early enough to be there when the working day begins.
SEND_AT = time(6, 30)


class Rhythm(models.TextChoices):
    """How often it comes."""

    WEEKLY = "weekly", _("Each week, on Monday")
    MONTHLY = "monthly", _("Each month, on the first")


class Carries(models.TextChoices):
    """What the mail carries."""

    LINK = "link", _("a link")
    FILE = "file", _("the PDF itself")


class ReportDeliveryQuerySet(models.QuerySet["ReportDelivery"]):
    """Sets of deliveries."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: one's own."""
        return self.filter(person=user)

    def running(self) -> Self:
        """Those that go on."""
        return self.filter(ended_at=None)

    def awaiting(self, report: ReportFile) -> Self:
        """Those that wait for this paper."""
        return self.running().filter(last_report=report, last_sent_at=None)


class ReportDelivery(models.Model):
    """One person has one overview sent, until they stop it or may not read it any more."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="report_deliveries")
    overview = models.CharField(max_length=60)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices)
    carries = models.CharField(max_length=10, choices=Carries.choices, default=Carries.LINK)
    ordered_at = models.DateTimeField()
    next_at = models.DateTimeField()
    # Counts the papers; each has a deadline of its own.
    round = models.PositiveIntegerField(default=0)
    last_report = models.ForeignKey(
        ReportFile, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    # Empty while the last paper is made and mailed.
    last_sent_at = models.DateTimeField(null=True, blank=True)
    last_words = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)

    objects = ReportDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="report_delivery_rhythm_known", condition=Q(rhythm__in=Rhythm.values)
            ),
            models.CheckConstraint(
                name="report_delivery_carries_known", condition=Q(carries__in=Carries.values)
            ),
            models.UniqueConstraint(
                name="report_delivery_once",
                fields=["person", "overview"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.overview} {self.rhythm} {self.person_id}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"DEL-{self.pk}"

    def after(self, moment: datetime) -> datetime:
        """The next time after a moment, early in the working day of the person's zone."""
        zone = self.person.zone()
        local = timezone.localtime(moment, zone)
        first = datetime.combine(local.date(), SEND_AT, tzinfo=zone)
        if self.rhythm == Rhythm.WEEKLY:
            found = first + timedelta(days=-first.weekday() % 7)
            return found if found > moment else found + timedelta(days=7)
        found = first.replace(day=1)
        return found if found > moment else found + relativedelta(months=1)
