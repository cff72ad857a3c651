"""Accounts as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and roles."""

    name = "bcp_portal.accounts"
    label = "accounts"
    verbose_name = _("People")
