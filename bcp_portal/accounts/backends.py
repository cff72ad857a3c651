"""How the portal learns who somebody is and what they may do: once a request, with one question."""

import json
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Q

from bcp_portal.accounts.models import User

# Every page asks this first; put together by the ORM it takes longer to write than to answer.
_PERSON = """
SELECT person.*, (
    SELECT {listed} FROM auth_permission AS may
    JOIN django_content_type AS kind ON kind.id = may.content_type_id
    WHERE may.id IN (
        SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = person.id
        UNION ALL
        SELECT permission_id FROM auth_group_permissions AS role
        JOIN accounts_user_groups AS holder ON holder.group_id = role.group_id
        WHERE holder.user_id = person.id
    )
) AS held
FROM accounts_user AS person WHERE person.id = %s
"""
_LISTED = {
    "postgresql": "json_agg(kind.app_label || '.' || may.codename)::text",
    "sqlite": "json_group_array(kind.app_label || '.' || may.codename)",
}


class OneQuestionBackend(ModelBackend):
    """Django's backend, but for asking the person, roles and personal permissions together."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session with everything they may do; None for who may not sign in."""
        question = _PERSON.format(listed=_LISTED[connection.vendor])
        user = next(iter(User.objects.raw(question, [user_id])), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            # The place where Django's own backends look, too.
            user._perm_cache = set(json.loads(user.held or "[]"))  # type: ignore[attr-defined]
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Everything a person may do, as `app.permission`; remembered with the person."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.all() if user_obj.is_superuser else _held_by(user_obj)
            names = held.order_by().values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{name}" for app, name in names}
        cached: set[str] = user_obj._perm_cache
        return cached


class SignInBackend(OneQuestionBackend, AuthenticationBackend):  # type: ignore[misc]  # untyped
    """The library's way to sign in, with the same one question afterwards."""


def _held_by(user: Any) -> Any:
    own = type(user).user_permissions.through.objects.filter(user=user).values("permission")
    by_role = Group.permissions.through.objects.filter(
        group__in=type(user).groups.through.objects.filter(user=user).values("group")
    ).values("permission")
    return Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_role))
