"""The audit trail as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The trail of changes."""

    name = "bcp_portal.audit"
    label = "audit"
    verbose_name = _("Audit trail")
