"""A job elsewhere that calls an address when it has run; silence is the finding."""

from typing import Self

from django.db import models
from django.db.models import Q

from assets.models import Asset, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User


class PingCheckQuerySet(models.QuerySet["PingCheck"]):
    """Sets of ping checks."""

    def visible_to(self, user: User) -> Self:
        """Checks of the sites a person may see, and those of no site in particular."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(Q(site=None) | Q(site_id__in=sites))


class PingCheck(models.Model):
    """One job: how often it must call, and how much later is still fine."""

    name = models.CharField(max_length=120)
    key_hash = models.CharField(max_length=64, unique=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, related_name="pings")
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, related_name="pings")
    period = models.DurationField()
    grace = models.DurationField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    last_fail_at = models.DateTimeField(null=True)
    # The stored deadline: one indexed comparison finds what is overdue.
    due_at = models.DateTimeField(null=True, db_index=True)
    retired_at = models.DateTimeField(null=True)

    objects = PingCheckQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class PingEvent(models.Model):
    """One call, with the beginning of what it carried."""

    check_row = models.ForeignKey(PingCheck, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10)
    exit_status = models.PositiveSmallIntegerField(null=True)
    received_at = models.DateTimeField()
    remote_address = models.CharField(max_length=45, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["check_row", "received_at"], name="ping_by_check")]

    def __str__(self) -> str:
        return f"{self.check_row_id} {self.kind}"
