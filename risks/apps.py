"""The room of the risk register, as Django knows it."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from bcp_portal.frame import register_frame_source
from bcp_portal.reports.registry import register_report


class RisksConfig(AppConfig):
    """Risks, their assessments, controls and evidence."""

    name = "risks"
    verbose_name = "Risks"

    def ready(self) -> None:
        """Tell the frame of every page what of the register waits for its reader."""
        # Loaded only now: models cannot be imported while the apps are being read.
        import_module("risks.duties").register()
        import_module("risks.evidence").register()
        import_module("risks.overviews").register()
        register_frame_source("tasks", import_module("risks.frame_tasks").my_tasks)
        paper = import_module("risks.reports.register")
        register_report("register", paper.build_register_report, label=_("Risk register"))
        import_module("risks.reports.picture").register_pictures()
        plan = import_module("risks.reports.plan")
        register_report("plan", plan.build_plan_report, label=_("Plan"))
        keep_versions = import_module("risks.services.version").keep_versions
        import_module("bcp_portal.audit.verbs").follow_changes(keep_versions)
        chapters = import_module("incidents.packs.chapters")
        chapters.register_plan_source(import_module("risks.site_plans").plans_at_sites)
