"""Verbs of the roles themselves."""

from django.contrib.auth.models import Group, Permission

from bcp_portal.accounts.roles import ROLES
from bcp_portal.audit.verbs import verb


class UnknownPermissionError(Exception):
    """The table of roles names a permission that no model declares."""


@verb
def sync_roles() -> int:
    """Make the groups in the database hold exactly what the table says; return how many."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for role, permissions in ROLES.items():
        if missing := permissions - known.keys():
            raise UnknownPermissionError(f"{role}: {', '.join(sorted(missing))}")
        group, _is_new = Group.objects.get_or_create(name=str(role))
        group.permissions.set([known[permission] for permission in permissions])
    return len(ROLES)
