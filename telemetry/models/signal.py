"""A conclusion from telemetry: what is wrong, since when, and the sums that say so."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Region, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device
from telemetry.models.stream import Stream


class SignalRule(models.TextChoices):
    """Which rule drew the conclusion."""

    SITE_SILENT = "site_silent", _("Site offline")
    NETWORK_OUTAGE = "network_outage", _("Network outage")
    CENTRAL_DOWN = "central_down", _("Central server down")
    PORTAL_BLIND = "portal_blind", _("Portal is blind")
    INGRESS_DOWN = "ingress_down", _("Portal's own door is down")
    RPO_PREDICTED = "rpo_predicted", _("RPO breach predicted")
    RPO_BREACHED = "rpo_breached", _("RPO exceeded")
    CHECKSUM_MISMATCH = "checksum_mismatch", _("Checksum mismatch")
    MASS_INCONSISTENCY = "mass_inconsistency", _("Mass inconsistency after a sync")
    SUSPECT_SOURCE = "suspect_source", _("Suspect source")
    UNUSUAL_SYNC = "unusual_sync", _("Unusual sync")
    REPEATED_FAILURES = "repeated_failures", _("Repeated sync failures")
    FREQUENT_FAILURES = "frequent_failures", _("Frequent failures at one place")
    FORGOTTEN_SYNC = "forgotten_sync", _("Forgotten sync")
    OVERSELLING = "overselling", _("Overselling")
    QUEUE_EXPIRES = "queue_expires", _("Queue about to expire")
    STALE_DATA = "stale_data", _("Stale data")
    STALE_DEVICE = "stale_device", _("Stale device")
    DEVICE_MISSING = "device_missing", _("Device missing")
    BACKUP_OVERDUE = "backup_overdue", _("Backup overdue")
    RESTORE_OVERDUE = "restore_overdue", _("Restore test overdue")
    SYNC_CUT_OFF = "sync_cut_off", _("Sync cut off by power-down")
    BAD_INPUT = "bad_input", _("Bad input")
    POSTURE_DRIFT = "posture_drift", _("Posture drift")
    SLOW_APP = "slow_app", _("Application slow at the edge")
    ORDER_NOT_APPLIED = "order_not_applied", _("Order not applied")
    SLOT_AT_RISK = "slot_at_risk", _("Replication slot at risk")
    UNAUTHORISED_ACTION = "unauthorised_action", _("Action without the right")
    FLAPPING_LINK = "flapping_link", _("Unstable link")
    TELEMETRY_LOSS = "telemetry_loss", _("Telemetry lost")
    CLONED_DEVICE = "cloned_device", _("Cloned device")
    TAMPERING = "tampering", _("Telemetry tampered with")
    CLOCK_JUMP = "clock_jump", _("Clock skew or jump")
    PING_MISSED = "ping_missed", _("Ping missed")
    ORDER_ALONE = "order_alone", _("Order waits for somebody")
    AUDIT_MISMATCH = "audit_mismatch", _("Audit trail does not match")
    EXTERNAL = "external", _("External monitor")
    CANARY = "canary", _("Synthetic alert")


class SignalQuerySet(models.QuerySet["Signal"]):
    """Sets of signals."""

    def visible_to(self, user: User) -> Self:
        """Signals about sites a person may see, and those about no site in particular."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(Q(site=None) | Q(site_id__in=sites))

    def open(self) -> Self:
        """Conclusions that still hold."""
        return self.filter(closed_at=None)

    def unswept(self) -> Self:
        """Conclusions that are new or changed since incidents last looked."""
        return self.filter(version__gt=F("swept_version")).order_by("opened_at", "pk")


class Signal(models.Model):
    """One conclusion about one thing; open until it no longer holds.

    `key` names the thing; only one signal of a rule and key is open at a time. `parent_key` names
    the larger signal ("network_outage:region:JTM") that explains this one. `title` is a message
    id and `params` its words, so that every reader sees it in their language; `sums` is the
    arithmetic that people are shown.
    """

    rule = models.CharField(max_length=24, choices=SignalRule.choices)
    key = models.CharField(max_length=160)
    parent_key = models.CharField(max_length=160, blank=True)
    severity = models.PositiveSmallIntegerField(default=3)
    title = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    sums = models.JSONField(default=dict)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, related_name="signals")
    region = models.ForeignKey(Region, on_delete=models.CASCADE, null=True, related_name="signals")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True, related_name="signals")
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, null=True, related_name="signals")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, null=True, related_name="signals")
    # For a signal about many sites: their primary keys.
    site_ids = models.JSONField(default=list)
    is_exercise = models.BooleanField(default=False)
    # When the trouble began by the evidence, and when we concluded it.
    began_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # When another monitor last said so; ours say it by leaving it open.
    told_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    swept_version = models.PositiveIntegerField(default=0)

    objects = SignalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="signal_open_once", fields=["rule", "key"], condition=Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="signal_severity_one_to_four", condition=Q(severity__range=(1, 4))
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at", "id"],
                name="signal_unswept",
                condition=Q(version__gt=F("swept_version")),
            ),
            models.Index(fields=["site", "opened_at"], name="signal_by_site"),
            models.Index(fields=["key"], name="signal_external_key", condition=Q(rule="external")),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.key}"
