"""A kind of data that a site must bring home, how late it may be, and what waits now."""

from datetime import datetime
from typing import Self

from django.db import models

from assets.models import Asset, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device


class StreamQuerySet(models.QuerySet["Stream"]):
    """Sets of streams."""

    def visible_to(self, user: User) -> Self:
        """Streams of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)


class Stream(models.Model):
    """One stream of one site. `rpo` null: nobody has said how much may be lost; never green."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="streams")
    name = models.CharField(max_length=64)
    asset = models.ForeignKey(
        Asset, on_delete=models.SET_NULL, null=True, blank=True, related_name="streams"
    )
    criticality = models.CharField(max_length=10, default="normal")
    rpo = models.DurationField(null=True, blank=True)
    expected_every = models.DurationField(null=True, blank=True)

    objects = StreamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="stream_name_once_at_a_site", fields=["site", "name"]),
        ]

    def __str__(self) -> str:
        return f"{self.site.code}:{self.name}"


class StreamState(models.Model):
    """The newest content of a stream; moves forward in `sampled_at` only.

    `oldest_pending_at` is an instant and not an age: it stays right while the site is dark, and
    that is the RPO clock.
    """

    stream = models.OneToOneField(
        Stream, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="stream_states")
    sampled_at = models.DateTimeField()
    received_at = models.DateTimeField()
    pending_records = models.BigIntegerField(default=0)
    pending_bytes = models.BigIntegerField(null=True)
    oldest_pending_at = models.DateTimeField(null=True)
    pending_expires_at = models.DateTimeField(null=True)
    pending_value_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    inbound_lag_records = models.BigIntegerField(null=True)
    last_sync_ok_at = models.DateTimeField(null=True)
    conflicts_open = models.PositiveIntegerField(default=0)
    consecutive_failures = models.PositiveIntegerField(default=0)
    digest = models.JSONField(default=dict)
    # Quotas of articles the site may sell while cut off; at the centre: stock and what is taken.
    leases = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["oldest_pending_at"], name="stream_state_by_pending")]

    def __str__(self) -> str:
        return f"{self.stream_id}: {self.pending_records} pending"

    def rpo_due_at(self) -> datetime | None:
        """When the RPO is exceeded if nothing is synchronised; None: nothing waits, or unknown."""
        if self.oldest_pending_at is None or self.stream.rpo is None:
            return None
        return self.oldest_pending_at + self.stream.rpo
