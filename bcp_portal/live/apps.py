"""The live stream as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiveConfig(AppConfig):
    """The live stream."""

    name = "bcp_portal.live"
    label = "live"
    verbose_name = _("Live stream")
