"""A silence: what may be said for a while without anybody being called, why, until when."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Region, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from incidents.models.incident_state import IncidentKind
from telemetry.models import SignalRule

# What watches the watchers is never silenced.
NEVER_SILENT = (
    SignalRule.CANARY,
    SignalRule.AUDIT_MISMATCH,
    SignalRule.TAMPERING,
    SignalRule.UNAUTHORISED_ACTION,
    SignalRule.PORTAL_BLIND,
    SignalRule.INGRESS_DOWN,
)
SHORT = timedelta(hours=4)
LONGEST = timedelta(days=30)


class SilenceKind(models.TextChoices):
    """Why it is quiet."""

    SILENCE = "silence", _("Silence")
    MAINTENANCE = "maintenance", _("Maintenance")


class SilenceStatus(models.TextChoices):
    """Where a silence stands."""

    WAITING = "waiting", _("Waits for a second person")
    PLANNED = "planned", _("Planned")
    STANDING = "standing", _("In force")
    OVER = "over", _("Over")


class SilenceQuerySet(models.QuerySet["Silence"]):
    """Sets of silences."""

    def standing(self, at: datetime) -> Self:
        """Those in force at a moment."""
        return self.filter(
            approved_at__isnull=False, ended_at=None, starts_at__lte=at, ends_at__gt=at
        )

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch silences: those of the own sites and of no place."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        wide = Q(site=None, asset=None) | Q(site=None, asset__site=None)
        return self.filter(Q(site__in=sites) | Q(site=None, asset__site__in=sites) | wide)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "site", "region", "asset", "created_by", "approved_by", "ended_by"
        ).annotate(alert_count=models.Count("alerts"))


class Silence(models.Model):
    """Alerts that match everything named here raise no incident and call nobody until the end.

    They are kept, shown and counted; when the silence ends, whatever still holds speaks.
    """

    kind = models.CharField(max_length=12, choices=SilenceKind.choices, default=SilenceKind.SILENCE)
    reason = models.CharField(max_length=300)
    rule = models.CharField(max_length=24, choices=SignalRule.choices, blank=True)
    incident_kind = models.CharField(max_length=20, choices=IncidentKind.choices, blank=True)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="silences"
    )
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, related_name="silences"
    )
    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="silences"
    )
    words = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="silences")
    created_at = models.DateTimeField()
    # A wide or long one is in force only when a second person has agreed.
    approved_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = SilenceQuerySet.as_manager()

    class Meta:
        permissions = [("approve_silence", "Can agree to a wide or long silence")]
        constraints = [
            models.CheckConstraint(
                name="silence_has_an_end", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(name="silence_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="silence_names_something",
                condition=~Q(
                    rule="", incident_kind="", site=None, region=None, asset=None, words=""
                ),
            ),
            models.CheckConstraint(
                name="silence_keeps_the_watchers", condition=~Q(rule__in=[*NEVER_SILENT])
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at", "ends_at"],
                name="silence_standing",
                condition=Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """What people call it."""
        return f"SL-{self.pk}"

    @property
    def is_wide(self) -> bool:
        """Whether it takes a second person: it names no place, or lasts long."""
        return (self.site_id is None and self.asset_id is None) or (
            self.ends_at - self.starts_at > SHORT
        )

    def status_at(self, at: datetime) -> SilenceStatus:
        """Where it stands at a moment."""
        if self.ended_at is not None or self.ends_at <= at:
            return SilenceStatus.OVER
        if self.approved_at is None:
            return SilenceStatus.WAITING
        return SilenceStatus.STANDING if self.starts_at <= at else SilenceStatus.PLANNED

    @property
    def matches(self) -> str:
        """What it matches, in words."""
        named = (
            (_("Rule"), self.get_rule_display() if self.rule else ""),
            (_("Kind"), self.get_incident_kind_display() if self.incident_kind else ""),
            (_("Site"), self.site.code if self.site else ""),
            (_("Region"), self.region.code if self.region else ""),
            (_("Asset"), self.asset.code if self.asset else ""),
            (_("Words"), f"“{self.words}”" if self.words else ""),
        )
        return ", ".join(f"{name}: {value}" for name, value in named if value)
