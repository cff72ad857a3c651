"""The room of the risk register, as Django knows it."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    """Risks, their assessments, controls and evidence."""

    name = "risks"
    verbose_name = "Risks"
