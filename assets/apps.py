"""The room of sites, assets and recovery targets, as Django knows it."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Sites, assets, dependencies and the targets they must meet."""

    name = "assets"
    verbose_name = "Assets"
