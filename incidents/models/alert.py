"""A machine's claim that something is wrong, before anybody has judged it."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Region, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models.incident import Incident
from incidents.models.incident_state import RunMode, Severity
from incidents.models.silence import Silence
from incidents.models.wording import render_message
from telemetry.models import Device, Signal, SignalRule


class AlertStatus(models.TextChoices):
    """Where an alert stands."""

    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    MUTED = "muted", _("Muted")
    RESOLVED = "resolved", _("Resolved")


ALERT_LIFECYCLE = Lifecycle(
    "alert",
    {
        AlertStatus.OPEN: frozenset(
            {AlertStatus.ACKNOWLEDGED, AlertStatus.MUTED, AlertStatus.RESOLVED}
        ),
        AlertStatus.ACKNOWLEDGED: frozenset({AlertStatus.MUTED, AlertStatus.RESOLVED}),
        AlertStatus.MUTED: frozenset(
            {AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.RESOLVED}
        ),
        AlertStatus.RESOLVED: frozenset(),
    },
)


class AlertQuerySet(models.QuerySet["Alert"]):
    """Sets of alerts."""

    def unresolved(self) -> Self:
        """Alerts whose condition still holds."""
        return self.exclude(status=AlertStatus.RESOLVED)

    def waiting(self) -> Self:
        """Alerts that nobody has looked at yet."""
        return self.filter(status=AlertStatus.OPEN)

    def mute_over(self, at: datetime) -> Self:
        """Muted alerts whose time is over; those of a silence are let go by its own end."""
        return self.filter(status=AlertStatus.MUTED, muted_until__lte=at).exclude(
            silence__isnull=False, silence__ended_at=None
        )

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch alerts; the chain's test of itself is nobody's business."""
        is_closed = Q(incident__in=Incident.objects.closed_to(user))
        real = self.exclude(rule=SignalRule.CANARY).filter(Q(incident=None) | ~is_closed)
        sites = visible_site_ids(user)
        if sites is None:
            return real
        return real.filter(
            Q(site__in=sites) | Q(site=None, incident__in=Incident.objects.visible_to(user))
        )

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "site", "region", "device", "asset", "incident", "acknowledged_by", "silence"
        )


class Alert(models.Model):
    """One condition that machines report, however often they report it."""

    key = models.CharField(max_length=200)
    rule = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    params = models.JSONField(default=dict, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    status = models.CharField(max_length=20, choices=AlertStatus.choices, default=AlertStatus.OPEN)
    mode = models.CharField(max_length=10, choices=RunMode.choices, default=RunMode.LIVE)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    # The first silence that held it back; kept after its end, so that nobody has to guess.
    silence = models.ForeignKey(
        Silence, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    signal_count = models.PositiveIntegerField(default=0)
    sums = models.JSONField(default=dict, blank=True)
    raised_at = models.DateTimeField()
    first_signal_at = models.DateTimeField()
    last_signal_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledged_alerts"
    )
    muted_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=300, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        permissions = [("handle_alert", "Can acknowledge, mute and resolve alerts")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~Q(status="resolved"),
                name="alert_one_unresolved_per_key",
            ),
            models.CheckConstraint(
                name="alert_status_known", condition=Q(status__in=AlertStatus.values)
            ),
            models.CheckConstraint(
                name="alert_severity_known", condition=Q(severity__in=Severity.values)
            ),
            models.CheckConstraint(
                name="alert_resolved_iff_timestamp",
                condition=Q(status="resolved", resolved_at__isnull=False)
                | (~Q(status="resolved") & Q(resolved_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="alert_muted_has_an_end",
                condition=~Q(status="muted") | Q(muted_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-raised_at"], name="alert_by_status"),
            models.Index(fields=["-raised_at"], name="alert_newest"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def code(self) -> str:
        """What people call it."""
        return f"AL-{self.pk}"

    @property
    def text(self) -> str:
        """The claim, in the reader's language."""
        return render_message(self.title, self.params)

    @property
    def arithmetic(self) -> dict[str, Any]:
        """The sums behind the claim, as shown to people."""
        return dict(self.sums)


class AlertSignal(models.Model):
    """A signal that was folded into an alert."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="folded")
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="alert_links")
    folded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "signal"], name="alert_signal_folded_once")
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} ← {self.signal_id}"
