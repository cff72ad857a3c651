"""How the portal learns who somebody is and what they may do: once a request, with one question."""

import json
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import F, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.db.models.sql.compiler import SQLCompiler

from bcp_portal.accounts.models import User


class OneQuestionBackend(ModelBackend):
    """Django's backend, but for asking the person, roles and personal permissions together."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session with everything they may do; None for who may not sign in."""
        held = _Listed(_names(_held_by(user_id)))
        user = User.objects.filter(pk=user_id).annotate(_held=held).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            # The place where Django's own backends look, too.
            user._perm_cache = set(json.loads(user._held or "[]"))  # type: ignore[attr-defined]
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Everything a person may do, as `app.permission`; remembered with the person."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.all() if user_obj.is_superuser else _held_by(user_obj.pk)
            user_obj._perm_cache = {row["called"] for row in _names(held)}
        cached: set[str] = user_obj._perm_cache
        return cached


class SignInBackend(OneQuestionBackend, AuthenticationBackend):  # type: ignore[misc]  # untyped
    """The library's way to sign in, with the same one question afterwards."""


class _Listed(Subquery):
    """The one column that another question finds, as a list in JSON."""

    output_field = TextField()
    template = "(SELECT json_group_array(listed.called) FROM (%(subquery)s) listed)"

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        """The same in the words of PostgreSQL."""
        template = "(SELECT json_agg(listed.called)::text FROM (%(subquery)s) listed)"
        return self.as_sql(compiler, connection, template=template, **extra)


def _names(held: QuerySet[Permission]) -> QuerySet[Permission, Any]:
    called = Concat(F("content_type__app_label"), Value("."), F("codename"))
    return held.order_by().values(called=called)


def _held_by(user_id: Any) -> QuerySet[Permission]:
    own = User.user_permissions.through.objects.filter(user=user_id).values("permission")
    by_role = Group.permissions.through.objects.filter(
        group__in=User.groups.through.objects.filter(user=user_id).values("group")
    ).values("permission")
    return Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_role))
