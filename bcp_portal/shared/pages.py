"""What every HTML door needs: a lock, a way to render a page or a part, a way to refuse."""

import functools
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN

if TYPE_CHECKING:
    from bcp_portal.accounts.models import User

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose person is known."""

    user: "User"  # the middleware lets nobody else through


View = Callable[Concatenate[Any, P], HttpResponse]


def needs(permission: str) -> Callable[[View[P]], View[P]]:
    """Lock a door: only people who hold the permission pass; everybody else gets 403.

    `*` means any signed-in person, the empty string a public door. The policy table holds the
    same word for the route; a test compares the two, so neither can be changed alone.
    """

    def lock(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def locked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if permission not in (PUBLIC, SIGNED_IN) and not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        locked.required_permission = permission  # type: ignore[attr-defined]  # read by the house rules
        opened = login_not_required(locked) if permission == PUBLIC else locked
        return cast("View[P]", opened)

    return lock


def required_permission(view: Callable[..., object]) -> str:
    """What `needs` asks for at a door; a door without a lock is nobody's."""
    return str(getattr(view, "required_permission", "nobody"))


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    parts: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render a whole page, or with `?part=name` only that named part of it.

    The part is in the address rather than in an htmx header, so a cache cannot mix the two up and
    a person can open a part in a tab of its own.
    """
    part = request.GET.get("part", "")
    name = f"{template}#{part}" if part in parts else template
    return render(request, name, dict(context), status=status)


def attempt(request: HttpRequest, verb: Callable[[], object], done: str = "") -> bool:
    """Run a verb; a refusal becomes a message on the next page. Return whether it went through."""
    try:
        verb()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return False
    if done:
        messages.success(request, done)
    return True
