"""The eight roles and the permissions each one holds."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.role_permissions import assets, incidents, platform, risks, telemetry


class Role(models.TextChoices):
    """What somebody is trusted with; stored as a group of the same name."""

    VIEWER = "viewer", _("Viewer")
    RISK_MANAGER = "risk_manager", _("Risk manager")
    INCIDENT_COMMANDER = "incident_commander", _("Incident commander")
    RESPONDER = "responder", _("Responder")
    SYNC_TECHNICIAN = "sync_technician", _("Sync technician")
    BUSINESS_OWNER = "business_owner", _("Business owner")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


# Whoever asks for one of these for somebody needs a second person who agrees.
DANGEROUS = frozenset({Role.INCIDENT_COMMANDER, Role.SYNC_TECHNICIAN, Role.ADMINISTRATOR})

PERMISSION_ROLES: dict[str, frozenset[Role]] = {
    permission: frozenset(Role) if roles == "all" else frozenset(Role(r) for r in roles.split())
    for page in (platform, assets, telemetry, incidents, risks)
    for permission, roles in page.PERMISSIONS.items()
}

ROLES: dict[Role, frozenset[str]] = {
    role: frozenset(perm for perm, roles in PERMISSION_ROLES.items() if role in roles)
    for role in Role
}


def refuse_unknown_roles(names: Iterable[str], *, setting: str) -> None:
    """Stop the start when a setting names a role that is none: a typo would protect nobody."""
    known = [str(role) for role in Role]
    if unknown := [name for name in names if name not in known]:
        said, roles = ", ".join(unknown), ", ".join(known)
        raise ImproperlyConfigured(f"{setting}: there is no role {said}. The roles are {roles}.")
