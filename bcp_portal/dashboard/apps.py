"""The command centre as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The command centre."""

    name = "bcp_portal.dashboard"
    label = "dashboard"
    verbose_name = _("Command centre")
