"""How the portal asks what a person may do: once a request, with one question."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q


class OneQuestionBackend(ModelBackend):
    """Django's backend, but for asking roles and personal permissions together."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Everything a person may do, as `app.permission`; remembered with the person."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.all() if user_obj.is_superuser else _held_by(user_obj)
            names = held.order_by().values_list("content_type__app_label", "codename")
            # The place where Django's own backends look, too.
            user_obj._perm_cache = {f"{app}.{name}" for app, name in names}
        cached: set[str] = user_obj._perm_cache
        return cached


def _held_by(user: Any) -> Any:
    own = type(user).user_permissions.through.objects.filter(user=user).values("permission")
    by_role = Group.permissions.through.objects.filter(
        group__in=type(user).groups.through.objects.filter(user=user).values("group")
    ).values("permission")
    return Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_role))
