"""Who holds a permission, as one question to the database."""

from django.db.models import QuerySet

from bcp_portal.accounts.models import User


def holders_of(permission: str) -> QuerySet[User]:
    """Active people whose roles hold this permission."""
    app, codename = permission.split(".")
    return User.objects.filter(
        is_active=True,
        groups__permissions__content_type__app_label=app,
        groups__permissions__codename=codename,
    ).distinct()
