"""The app that holds alerts, incidents, playbooks and the calls they cause."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from bcp_portal.reports.registry import register_report


class IncidentsConfig(AppConfig):
    """What is going on, and what we do."""

    name = "incidents"
    verbose_name = _("Incidents")

    def ready(self) -> None:
        """Say who builds the post-incident report, and whom the calls cannot do without."""
        # Loaded only now: models cannot be imported while the apps are being read.
        import_module("incidents.duties").register()
        import_module("incidents.evidence").register()
        import_module("incidents.overviews").register()
        builder = import_module("incidents.reports.builder")
        register_report("incident", builder.build_incident_report, label=_("Post-incident report"))
        summary = import_module("incidents.reports.summary")
        register_report(
            "management_summary",
            summary.build_management_summary,
            label=_("Management summary"),
        )
        hooks = import_module("bcp_portal.accounts.hooks")
        departure = import_module("incidents.selectors.departure")
        hooks.register_departure_check(departure.calls_that_need)
        hooks.register_address_check(_address_problem)


def _address_problem(kind: str, address: str) -> str | None:
    # Imported when first asked: knowing every chat service takes long, and few programs need it.
    if kind == "push":
        of_push: str | None = import_module("incidents.channels.push").push_problem(kind, address)
        return of_push
    problem: str | None = import_module("incidents.channels.chat").chat_problem(kind, address)
    return problem
