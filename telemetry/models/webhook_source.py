"""A monitor elsewhere that sends its own alerts."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User


class WebhookKind(models.TextChoices):
    """Whose format it speaks."""

    ALERTMANAGER = "alertmanager", _("Alertmanager")
    GRAFANA = "grafana", _("Grafana")
    GENERIC = "generic", _("Any JSON")


class WebhookSourceQuerySet(models.QuerySet["WebhookSource"]):
    """Sets of monitors elsewhere."""

    def visible_to(self, user: User) -> Self:
        """Monitors of the sites a person may see, and those of no site in particular."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(Q(site=None) | Q(site_id__in=sites))


class WebhookSource(models.Model):
    """One monitor, known by the keyed hash of the key in its address."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=14, choices=WebhookKind.choices)
    key_hash = models.CharField(max_length=64, unique=True)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True)
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True)
    # For `generic`: our field -> dotted path in theirs.
    mapping = models.JSONField(default=dict)
    # A condition that was not told again for so long is over; empty: only a "resolved" ends it.
    stale_after = models.DurationField(null=True)
    created_at = models.DateTimeField()
    last_received_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = WebhookSourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
