"""A monitor elsewhere that sends its own alerts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Site


class WebhookKind(models.TextChoices):
    """Whose format it speaks."""

    ALERTMANAGER = "alertmanager", _("Alertmanager")
    GRAFANA = "grafana", _("Grafana")
    GENERIC = "generic", _("Any JSON")


class WebhookSource(models.Model):
    """One monitor, known by the keyed hash of the key in its address."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=14, choices=WebhookKind.choices)
    key_hash = models.CharField(max_length=64, unique=True)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True)
    asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True)
    # For `generic`: our field -> dotted path in theirs.
    mapping = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    last_received_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
