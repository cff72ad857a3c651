"""Telemetry as a Django application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from bcp_portal.frame import register_frame_source
from bcp_portal.reports.registry import register_report


class TelemetryConfig(AppConfig):
    """What the sites tell us."""

    name = "telemetry"
    verbose_name = _("Telemetry")

    def ready(self) -> None:
        """Tell the frame of every page which conflicts and orders wait for its reader."""
        # Loaded only now: models cannot be imported while the apps are being read.
        import_module("telemetry.duties").register()
        import_module("telemetry.evidence").register()
        import_module("telemetry.overviews").register()
        tasks = import_module("telemetry.conflicts.tasks")
        register_frame_source("tasks", tasks.my_tasks)
        orders = import_module("telemetry.ordering.tasks")
        register_frame_source("tasks", orders.second_person_tasks)
        waiting = import_module("assets.selectors.waiting")
        source = import_module("telemetry.selectors_waiting").with_oldest_waiting
        waiting.register_waiting_source(source)
        hooks = import_module("bcp_portal.accounts.hooks")
        hooks.register_course_source(import_module("telemetry.sector_profiles").courses_of)
        paper = import_module("telemetry.pack_paper")
        register_report(paper.KIND, paper.build_pack_paper, label=_("Continuity plan of a site"))
