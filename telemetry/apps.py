"""Telemetry as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TelemetryConfig(AppConfig):
    """What the sites tell us."""

    name = "telemetry"
    verbose_name = _("Telemetry")
