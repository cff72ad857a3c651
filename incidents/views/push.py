"""Doors of a browser that asks to be called: the key it binds itself to, and its address."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.channels.push_seal import public_key
from incidents.services.push_subscription import subscribe_browser


@require_safe
@needs("*")
def push_key(request: SignedInRequest) -> HttpResponse:
    """The public key of this portal."""
    return JsonResponse({"key": public_key()})


@require_POST
@needs("*")
def push_subscribe(request: SignedInRequest) -> HttpResponse:
    """Let one's own messages reach this browser."""
    told = request.POST
    attempt(
        request,
        lambda: subscribe_browser(
            person=request.user,
            endpoint=told.get("endpoint", "")[:1000],
            keys=f"{told.get('p256dh', '')}.{told.get('auth', '')}"[:150],
            actor=request.user,
            at=timezone.now(),
        ),
        _("A message is on its way to this browser. If it carries a code, enter it here."),
    )
    return redirect("accounts:profile")
