"""Accounts as a Django application."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bcp_portal.shared.lists import register_export_hook, register_saved_views


class AccountsConfig(AppConfig):
    """People and roles."""

    name = "bcp_portal.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Check settings of sign-in; lend saved views and the trail of exports to every list."""
        # Models can only be imported once all applications are loaded.
        from bcp_portal.accounts import openapi as _openapi  # noqa: F401, PLC0415  # registers itself
        from bcp_portal.accounts.list_views import KeptViews, trace_export  # noqa: PLC0415
        from bcp_portal.accounts.roles import refuse_unknown_roles  # noqa: PLC0415
        from bcp_portal.accounts.single_sign_on import refuse_half_settings  # noqa: PLC0415

        refuse_unknown_roles(settings.SECOND_FACTOR_ROLES, setting="SIAGA_SECOND_FACTOR_ROLES")
        refuse_half_settings()
        register_saved_views(KeptViews())
        import_module("bcp_portal.accounts.own_duties").register()
        # The frame stands above this room; it is told, not asked.
        tasks = import_module("bcp_portal.accounts.frame_tasks").my_tasks
        import_module("bcp_portal.frame").register_frame_source("tasks", tasks)
        register_export_hook(trace_export)
