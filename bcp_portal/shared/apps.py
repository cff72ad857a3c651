"""The shared tools as a Django application: for their template tags, and for reading moments."""

from django.apps import AppConfig

from bcp_portal.shared.moments import read_moments_quickly


class SharedConfig(AppConfig):
    """Tools that know no model."""

    name = "bcp_portal.shared"
    label = "shared"

    def ready(self) -> None:
        """Before the first connection is opened."""
        read_moments_quickly()
