"""Doors of single sign-on: out to the provider, back in, and out once more for a step-up."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bcp_portal.accounts.models import User
from bcp_portal.accounts.selectors.sign_in import person_with_mail
from bcp_portal.accounts.services.sign_in import note_refused_sign_in
from bcp_portal.accounts.single_sign_on import (
    Journey,
    SingleSignOnError,
    is_on,
    set_out,
    vouched_by,
)
from bcp_portal.shared.pages import SignedInRequest, needs

PROOF = "single_sign_on"
KEPT = "single_sign_on_journey"
BACK_WITHIN_S = 600


@require_safe
@needs("")
def leave(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider of single sign-on."""
    _refuse_when_off()
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    too_often: HttpResponse | None = ratelimit.consume_or_429(request, action="login")
    if too_often:
        return too_often
    try:
        place, journey = set_out(
            callback=_callback(request),
            back_to=get_next_redirect_url(request) or "",
            began_at=timezone.now().timestamp(),
        )
    except SingleSignOnError as refusal:
        return _turn_away(request, refusal)
    request.session[KEPT] = journey.as_kept()
    return redirect(place)


@require_safe
@needs("*")
def again(request: SignedInRequest) -> HttpResponse:
    """Send somebody who is signed in to the provider, to prove anew that it is them."""
    _refuse_when_off()
    too_often: HttpResponse | None = ratelimit.consume_or_429(
        request, action="reauthenticate", user=request.user
    )
    if too_often:
        return too_often
    back_to = get_next_redirect_url(request) or ""
    try:
        place, journey = set_out(
            callback=_callback(request),
            back_to=back_to,
            began_at=timezone.now().timestamp(),
            person_id=request.user.pk,
        )
    except SingleSignOnError as refusal:
        return _not_proven(request, refusal, back_to)
    request.session[KEPT] = journey.as_kept()
    return redirect(place)


@require_safe
@needs("")
def come_back(request: HttpRequest) -> HttpResponse:
    """Let in whom the provider vouches for, if an administrator made an account for them.

    From here on it is a sign-in like any other: whoever has a second factor is asked for it.
    """
    _refuse_when_off()
    journey: Journey | None = None
    try:
        journey = _journey_of(request)
        vouched = vouched_by(
            answer=request.GET.dict(), journey=journey, callback=_callback(request)
        )
        user = _person_behind(vouched.mail)
        if journey.person_id is not None:
            return _stepped_up(request, journey, user)
    except SingleSignOnError as refusal:
        if journey is not None and journey.person_id is not None:
            return _not_proven(request, refusal, journey.next)
        return _turn_away(request, refusal)
    record_authentication(request, user, method=PROOF)
    answer: HttpResponse = perform_login(
        request,
        user,
        email_verification=settings.ACCOUNT_EMAIL_VERIFICATION,
        redirect_url=journey.next or None,
    )
    return answer


def _refuse_when_off() -> None:
    if not is_on():
        raise Http404


def _callback(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("accounts:single_sign_on_back"))


def _journey_of(request: HttpRequest) -> Journey:
    """What this browser set out with; it serves once, and not for long."""
    kept = request.session.pop(KEPT, None)
    if kept is None or timezone.now().timestamp() - kept["began_at"] > BACK_WITHIN_S:
        said = _("This sign-in took too long, or began in another browser. Try again.")
        raise SingleSignOnError(said)
    return Journey(**kept)


def _person_behind(mail: str) -> User:
    if not mail:
        said = _("The sign-in service has not verified your mail address, so it proves nothing.")
        raise SingleSignOnError(said)
    user = person_with_mail(mail)
    if user is None or not user.is_active:
        if user is not None:
            note_refused_sign_in(user=user, reason=_("not active"), at=timezone.now())
        said = _("No active account has your mail address. Ask your administrator for one.")
        raise SingleSignOnError(said)
    return user


def _stepped_up(request: HttpRequest, journey: Journey, user: User) -> HttpResponse:
    """Go on where the proof was missing; only the person of this very sign-in can give it."""
    if not user.pk == journey.person_id == request.user.pk:
        said = _("The sign-in service vouches for another person than the one signed in here.")
        raise SingleSignOnError(said)
    record_authentication(request, user, method=PROOF, reauthenticated=True)
    back_to = journey.next or settings.LOGIN_REDIRECT_URL
    request.GET = QueryDict(urlencode({"next": back_to}))
    answer: HttpResponse | None = resume_request(request)
    return answer or redirect(settings.LOGIN_REDIRECT_URL)


def _not_proven(request: HttpRequest, refusal: SingleSignOnError, back_to: str) -> HttpResponse:
    """Say what was missing; never send them on by themselves, that could go round in circles."""
    about = {"refusal": str(refusal), "next": back_to, "provider": settings.OIDC_NAME}
    return render(request, "accounts/step_up_failed.html", about, status=403)


def _turn_away(request: HttpRequest, refusal: SingleSignOnError) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("account_login")
