"""Duties to tell: whom the law or a contract lets us not keep waiting, and the clock of each."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.incident_state import IncidentKind
from incidents.models.update import Audience, StatusUpdate

WARNINGS = (50, 75, 90)


class ReportingRuleQuerySet(models.QuerySet["ReportingRule"]):
    """Sets of duties to tell."""

    def visible_to(self, user: User) -> Self:
        """Everybody who may read updates knows them."""
        return self

    def in_force(self) -> Self:
        """Those that still hold."""
        return self.filter(retired_at=None)


class ReportingRule(models.Model):
    """Somebody must hear of it within a time after we became aware, for example 3 x 24 hours.

    An incident of one of the `kinds` starts the clock by itself; otherwise a person decides.
    """

    name = models.CharField(max_length=120)
    recipient = models.CharField(max_length=120)
    basis = models.CharField(max_length=300, blank=True)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    within = models.DurationField()
    kinds = models.JSONField(default=list, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ReportingRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reporting_rule_takes_time", condition=Q(within__gt=timedelta(0))
            ),
            models.CheckConstraint(
                name="reporting_rule_audience_known", condition=Q(audience__in=Audience.values)
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(retired_at=None), name="reporting_rule_named_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_words(self) -> str:
        """The kinds of incident that start it, in words."""
        labels = dict(IncidentKind.choices)
        return ", ".join(str(labels[kind]) for kind in self.kinds if kind in labels)


class ReportingState(models.TextChoices):
    """Where a duty to tell stands."""

    RUNNING = "running", _("Running")
    OVERDUE = "overdue", _("Overdue")
    TOLD = "told", _("Told in time")
    TOLD_LATE = "told_late", _("Told late")
    WAIVED = "waived", _("Found not to apply")


class ReportingClockQuerySet(models.QuerySet["ReportingClock"]):
    """Sets of clocks of duties to tell."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def running(self) -> Self:
        """Those that nobody has been told of yet."""
        return self.filter(told_at=None, waived_at=None)


class ReportingClock(models.Model):
    """One duty to tell in one incident: its words and its end are those of the day it began."""

    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="reporting_clocks"
    )
    rule = models.ForeignKey(ReportingRule, on_delete=models.PROTECT, related_name="clocks")
    name = models.CharField(max_length=120)
    recipient = models.CharField(max_length=120)
    audience = models.CharField(max_length=20, choices=Audience.choices)
    aware_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300)
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    update = models.ForeignKey(
        StatusUpdate, null=True, blank=True, on_delete=models.PROTECT, related_name="met_clocks"
    )
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    waive_reason = models.CharField(max_length=300, blank=True)

    objects = ReportingClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "rule"], name="reporting_clock_once_an_incident"
            ),
            models.CheckConstraint(
                name="reporting_told_by_an_update",
                condition=Q(told_at=None, update=None)
                | Q(told_at__isnull=False, update__isnull=False),
            ),
            models.CheckConstraint(
                name="reporting_waived_with_a_reason",
                condition=Q(waived_at=None) | ~Q(waive_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="reporting_running",
                condition=Q(told_at=None, waived_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.name}"

    @property
    def is_running(self) -> bool:
        """Whether somebody still has to be told."""
        return self.told_at is None and self.waived_at is None

    def state_at(self, at: datetime) -> ReportingState:
        """Where it stands."""
        if self.told_at is not None:
            late = self.told_at > self.due_at
            return ReportingState.TOLD_LATE if late else ReportingState.TOLD
        if self.waived_at is not None:
            return ReportingState.WAIVED
        return ReportingState.OVERDUE if at > self.due_at else ReportingState.RUNNING
