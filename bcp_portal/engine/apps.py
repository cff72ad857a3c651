"""The engine as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from kombu.transport import TRANSPORT_ALIASES


class EngineConfig(AppConfig):
    """The clock."""

    name = "bcp_portal.engine"
    label = "engine"
    verbose_name = _("Engine")

    def ready(self) -> None:
        """Let Celery's message files be written whole or not at all."""
        TRANSPORT_ALIASES["filesystem"] = "bcp_portal.engine.broker:Transport"
