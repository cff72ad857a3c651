"""Who reads, in which zone and language, how surely; and whether the table knows the door."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from bcp_portal.accounts.desk_lock import is_locked, note_activity
from bcp_portal.accounts.models import User
from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.selectors.second_factor import must_enrol
from bcp_portal.audit.verbs import current_session, record_access
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN

logger = logging.getLogger(__name__)

# Doors of kept libraries bring their own locks; ours are all in the table.
LIBRARY_ROUTES = ("account_", "mfa_", "usersessions_")
# What somebody needs to set up a second factor, or to walk away from it.
ENROLMENT_ROUTES = (
    "mfa_", "account_logout", "account_reauthenticate", "accounts:desk_lock",
    "accounts:single_sign_on_again",
)  # fmt: skip
# What somebody needs to open a desk that is locked, or to walk away from it.
UNLOCK_ROUTES = (
    "account_logout", "account_reauthenticate", "mfa_reauthenticate", "accounts:desk_lock",
    "accounts:single_sign_on_again",
)  # fmt: skip


class ReaderMiddleware:
    """Show times in the reader's zone and words in the reader's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the reader's zone and language around the request."""
        user = request.user
        session = ""
        if isinstance(user, User):
            timezone.activate(user.zone())
            if "django_language" not in request.COOKIES:
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            # Enough to tell two sign-ins apart in the trail, useless for taking one over.
            session = (request.session.session_key or "")[:8]
        token = current_session.set(session)
        try:
            return self.get_response(request)
        finally:
            current_session.reset(token)
            timezone.deactivate()


class UnkeptMiddleware:
    """Let no browser keep what a signed-in person was shown, on the disk or for the next person.

    What lies on a device for the day without a link lies there sealed; a copy in clear beside it
    would undo that. A door that says otherwise about its own answer is believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Forbid to keep the answer."""
        is_known = isinstance(request.user, User)
        response = self.get_response(request)
        if is_known and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class DeskLockMiddleware:
    """Ask whoever left the desk for a fresh proof, and refuse everything until it was given."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the check happens once the door is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Let public doors and those of the proof pass; a page opened by hand says: I am here."""
        if not settings.LOCK_AFTER or not isinstance(request.user, User):
            return None
        match, at = request.resolver_match, timezone.now()
        route = match.view_name if match else ""
        locked = is_locked(request, at=at)
        request.desk_is_locked = locked  # type: ignore[attr-defined]  # read by the frame
        if not locked:
            if _is_by_hand(request):
                note_activity(request, at=at)
            return None
        if _is_public(request, route) or route.startswith(UNLOCK_ROUTES):
            return None
        return _ask_for_proof(request)


def _is_by_hand(request: HttpRequest) -> bool:
    is_part = request.headers.get("HX-Request") == "true"
    return not is_part and "text/html" in request.headers.get("Accept", "")


def _is_public(request: HttpRequest, route: str) -> bool:
    rule = POLICY.find(route, request.method or "GET")
    return rule is not None and rule.permission == PUBLIC


def _ask_for_proof(request: HttpRequest) -> HttpResponse:
    if not _is_by_hand(request):
        why = _("Nobody was at this desk for a while. Prove in the browser that it is you.")
        return JsonResponse({"detail": why}, status=423)
    place = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': place})}")


class SecondFactorMiddleware:
    """Lead whoever's role demands a second factor to setting one up, before anything else opens.

    Programs sign in by token and not by session, so they come through here as nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the check happens once the door is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Let public doors and those of the enrolment pass; ask the database only for others."""
        match = request.resolver_match
        route = match.view_name if match else ""
        if _is_public(request, route) or route.startswith(ENROLMENT_ROUTES):
            return None
        if not must_enrol(request.user):
            return None
        return _lead_to_enrolment(request, route)


def _lead_to_enrolment(request: HttpRequest, route: str) -> HttpResponse:
    place = reverse("mfa_index")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": place})
    if route.startswith("api:") or not request.accepts("text/html"):
        why = _("Your role asks for two-step sign-in. Set it up in the browser first.")
        return JsonResponse({"detail": why}, status=403)
    return redirect(place)


class PolicyMiddleware:
    """Refuse every door that the policy table does not list, or lists with another key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the check happens once the door is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> None:
        """Check the door against the table: what nobody listed is closed."""
        match = request.resolver_match
        route = match.view_name if match else ""
        if not route or route.startswith(LIBRARY_ROUTES):
            return
        rule = POLICY.find(route, request.method or "GET")
        if rule is None:
            logger.error("Refused %s %s: the policy table has no row for it", request.method, route)
            raise PermissionDenied
        nameplate = getattr(view, "required_permission", rule.permission)
        if nameplate != rule.permission:
            logger.error("Refused %s: its nameplate says %s", route, nameplate)
            raise PermissionDenied
        if rule.permission in (PUBLIC, SIGNED_IN):
            return
        is_allowed = request.user.has_perm(rule.permission)
        if not is_allowed and rule.sensitivity == "content" and isinstance(request.user, User):
            # Somebody tried a door behind which the content of the business lies.
            record_access(
                action="access.refused",
                obj=request.user,
                actor=request.user,
                at=timezone.now(),
                reason=f"{rule.kind}: {route}",
            )
        if route.startswith("api:"):
            return  # the API answers for itself, in JSON
        if not is_allowed:
            raise PermissionDenied
