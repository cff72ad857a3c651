"""The building as a Django application, so that its commands are found."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Holds the management commands."""

    name = "bcp_portal"
    label = "portal"
