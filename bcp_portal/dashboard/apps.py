"""The command centre as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from bcp_portal.frame import register_frame_source


class DashboardConfig(AppConfig):
    """The command centre."""

    name = "bcp_portal.dashboard"
    label = "dashboard"
    verbose_name = _("Command centre")

    def ready(self) -> None:
        """Report into the frame; the rooms below know nothing of it."""
        # Models are not ready while the applications are being read.
        from bcp_portal.dashboard import frame_sources  # noqa: PLC0415

        register_frame_source("open_incidents", frame_sources.open_incident_chips)
        register_frame_source("banners", frame_sources.banners)
        register_frame_source("tasks", frame_sources.my_tasks)
        register_frame_source("counts", frame_sources.counts)
