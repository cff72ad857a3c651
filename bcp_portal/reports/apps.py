"""Reports as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Paper and sheets."""

    name = "bcp_portal.reports"
    label = "reports"
    verbose_name = _("Reports")
