"""The shared tools as a Django application: for their template tags, and for reading moments."""

from importlib import import_module

from django.apps import AppConfig

from bcp_portal.shared.moments import read_moments_quickly


class SharedConfig(AppConfig):
    """Tools that know no model."""

    name = "bcp_portal.shared"
    label = "shared"

    def ready(self) -> None:
        """Before the first connection is opened, and the first question asked."""
        read_moments_quickly()
        import_module("bcp_portal.shared.among")
