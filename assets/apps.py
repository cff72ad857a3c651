"""The room of sites, assets and recovery targets, as Django knows it."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from bcp_portal.reports.registry import register_report


class AssetsConfig(AppConfig):
    """Sites, assets, dependencies and the targets they must meet."""

    name = "assets"
    verbose_name = "Assets"

    def ready(self) -> None:
        """Tell every page what waits for its reader, and a person's page what they look after."""
        # Loaded only now: models cannot be imported while the apps are being read.
        import_module("assets.duties").register()
        import_module("assets.evidence").register()
        import_module("assets.overviews").register()
        frame = import_module("bcp_portal.frame")
        frame.register_frame_source("tasks", import_module("assets.frame_tasks").my_tasks)
        paper = import_module("assets.reports")
        register_report(
            paper.UNPROVEN, paper.build_unproven_report, label=_("Objectives without proof")
        )
        hooks = import_module("bcp_portal.accounts.hooks")
        hooks.register_place_source(import_module("assets.selectors.places").places_of)
        hooks.register_person_fact(
            hooks.PersonFact(
                label=_("Looks after"),
                values=import_module("assets.selectors.assignments").assigned_words,
                url_name="assets:assignments",
            )
        )
