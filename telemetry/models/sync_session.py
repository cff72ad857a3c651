"""One exchange of data between a site and its counterpart, and the conflicts it met."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.conflict_case import ConflictCase
from telemetry.models.device import Device


class SyncOutcome(models.TextChoices):
    """How a session ended."""

    OK = "ok", _("Complete")
    PARTIAL = "partial", _("Partial")
    FAILED = "failed", _("Failed")
    ABORTED = "aborted", _("Cut off")
    REFUSED = "refused_by_order", _("Refused by order")


class SyncSessionQuerySet(models.QuerySet["SyncSession"]):
    """Sets of sync sessions."""

    def visible_to(self, user: User) -> Self:
        """Sessions of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(device__site_id__in=sites)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("device__site")

    def mismatched(self) -> Self:
        """Sessions after which the two sides did not agree."""
        return self.filter(is_mismatch=True)


class SyncSession(models.Model):
    """One session as the device reported it."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="sync_sessions")
    session_id = models.UUIDField()
    stream_name = models.CharField(max_length=64)
    engine = models.CharField(max_length=20, blank=True)
    peer = models.CharField(max_length=128, blank=True)
    direction = models.CharField(max_length=6)
    trigger = models.CharField(max_length=12, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=20, choices=SyncOutcome.choices)
    records_out = models.BigIntegerField(null=True)
    records_in = models.BigIntegerField(null=True)
    bytes_out = models.BigIntegerField(null=True)
    bytes_in = models.BigIntegerField(null=True)
    rejected = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    conflicts_flagged = models.BigIntegerField(default=0)
    digest_before = models.JSONField(default=dict)
    digest_after = models.JSONField(default=dict)
    digest_peer_after = models.JSONField(default=dict)
    # Both sides gave a digest of the same kind and scope, and the values differ.
    is_mismatch = models.BooleanField(default=False)
    errors = models.JSONField(default=list)
    received_at = models.DateTimeField()
    # When its numbers were added to the habits of its stream; null: not yet.
    folded_at = models.DateTimeField(null=True)

    objects = SyncSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="session_once_for_a_device", fields=["device", "session_id"]
            ),
        ]
        indexes = [
            models.Index(fields=["device", "started_at"], name="session_by_device_time"),
            models.Index(
                fields=["received_at"],
                name="session_mismatched",
                condition=models.Q(is_mismatch=True),
            ),
            models.Index(
                fields=["received_at"],
                name="session_not_folded",
                condition=models.Q(folded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.stream_name} {self.outcome}"


class ConflictReportQuerySet(models.QuerySet["ConflictReport"]):
    """Sets of conflicts."""

    def visible_to(self, user: User) -> Self:
        """Conflicts at the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(device__site_id__in=sites)

    def not_taken_up(self) -> Self:
        """Reports that no case has taken up yet, oldest first."""
        return self.filter(case=None).order_by("pk")


class ConflictReport(models.Model):
    """The same record changed on two sides, as a device told it."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="conflict_reports")
    conflict_id = models.CharField(max_length=128)
    entity = models.CharField(max_length=64)
    key = models.CharField(max_length=256)
    is_critical = models.BooleanField(default=False)
    body = models.JSONField()
    detected_at = models.DateTimeField()
    received_at = models.DateTimeField()
    # Null: no case has taken it up yet.
    case = models.ForeignKey(
        ConflictCase, on_delete=models.SET_NULL, null=True, related_name="reports"
    )

    objects = ConflictReportQuerySet.as_manager()

    class Meta:
        permissions = [("see_conflict_values", "Can read both versions of a conflict")]
        constraints = [
            models.UniqueConstraint(
                name="conflict_once_for_a_device", fields=["device", "conflict_id"]
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="conflict_not_taken_up", condition=models.Q(case=None))
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"
