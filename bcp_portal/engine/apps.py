"""The engine as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngineConfig(AppConfig):
    """The clock."""

    name = "bcp_portal.engine"
    label = "engine"
    verbose_name = _("Engine")
