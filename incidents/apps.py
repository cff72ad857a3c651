"""The app that holds alerts, incidents, playbooks and the calls they cause."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    """What is going on, and what we do."""

    name = "incidents"
    verbose_name = _("Incidents")
