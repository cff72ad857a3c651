"""The shared tools as a Django application, for their template tags."""

from django.apps import AppConfig


class SharedConfig(AppConfig):
    """Tools that know no model."""

    name = "bcp_portal.shared"
    label = "shared"
