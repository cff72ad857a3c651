"""Reports as a Django application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Paper and sheets."""

    name = "bcp_portal.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Say who builds the papers of the platform's own rooms."""
        # Loaded only now: models cannot be imported while the apps are being read.
        registry = import_module("bcp_portal.reports.registry")
        paper = import_module("bcp_portal.reports.access_review")
        registry.register_report(
            paper.KIND, paper.build_access_review, label=_("Access review"), is_sensitive=True
        )
        paper = import_module("bcp_portal.reports.training")
        registry.register_report(
            paper.KIND, paper.build_training, label=_("Training"), is_sensitive=True
        )
        paper = import_module("bcp_portal.reports.evidence.paper")
        registry.register_report(paper.KIND, paper.build_coverage, label=_("Evidence by clause"))
        import_module("bcp_portal.reports.duties").register()
        import_module("bcp_portal.reports.evidence.platform").register()
        import_module("bcp_portal.reports.overviews.platform").register()
