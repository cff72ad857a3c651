"""Who may call which action of the API.

Kept free of `rest_framework.views`: DRF imports this module while it is still loading that one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework import exceptions, permissions
from rest_framework.request import Request

from bcp_portal.shared.policy import SIGNED_IN

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ActionPermission(permissions.BasePermission):
    """Let a call through only if its viewset names the action and the user holds the permission.

    An action missing from `action_permissions` is refused: forgetting a line closes the door
    instead of leaving it open.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Look the action up in the viewset's own table."""
        if not request.user.is_authenticated:
            return False
        action: str | None = getattr(view, "action", None)
        table: Mapping[str, str] = getattr(view, "action_permissions", {})
        if action is None:
            raise exceptions.MethodNotAllowed(request.method or "")
        needed = "*" if action == "metadata" else table.get(action)
        if needed is None or not (needed == SIGNED_IN or request.user.has_perm(needed)):
            return False
        if getattr(view, "detail", False) and request.method == "POST":
            # What lies outside the scope does not exist, whatever is wrong with the question.
            view.get_object()  # type: ignore[attr-defined]  # every detail view is generic
        return True
