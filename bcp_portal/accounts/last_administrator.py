"""Somebody must always be able to make accounts."""

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.shared.errors import DomainError


class LastAdministratorError(DomainError):
    """Without this person nobody could make accounts any more."""


def refuse_last_administrator(user: User) -> None:
    """Refuse to lose the only person who can make accounts.

    The group's row is locked: two administrators cannot remove each other at the same moment.
    """
    group = Group.objects.select_for_update().filter(name=str(Role.ADMINISTRATOR)).first()
    if group is None or not group.user_set.filter(pk=user.pk).exists():
        return
    if not group.user_set.filter(is_active=True).exclude(pk=user.pk).exists():
        raise LastAdministratorError(
            _("%s is the last administrator. Make somebody else administrator first.") % user.name
        )
