"""Doors of the status page: the public one without sign-in, the one for the house, subscribing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from allauth.core import ratelimit
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.forms.communication import SubscribeForm
from incidents.selectors.status_page import inside_status, public_status
from incidents.services.status_page import LANGUAGES, status_facts, status_html
from incidents.services.status_subscriber import (
    BadLinkError,
    ask_to_subscribe,
    confirm_subscriber,
    end_subscription,
    subscriber_of,
)

CACHED_S = 30
FORM = ("GET", "HEAD", "POST")


@require_safe
@needs("")
def status(request: HttpRequest) -> HttpResponse:
    """The public page in the language of the browser."""
    answer = _public(_language())
    answer["Vary"] = "Accept-Language"
    return answer


@require_safe
@needs("")
def status_in(request: HttpRequest, language: str) -> HttpResponse:
    """The public page in a language of the address."""
    return _public(language if language in LANGUAGES else LANGUAGES[0])


@require_safe
@needs("")
def status_json(request: HttpRequest) -> HttpResponse:
    """The public page for programs."""
    answer = JsonResponse(status_facts(public_status(at=timezone.now())))
    answer["Cache-Control"] = f"public, max-age={CACHED_S}"
    return answer


@require_safe
@needs("incidents.view_statusupdate")
def status_inside(request: SignedInRequest) -> HttpResponse:
    """The page for people of the house."""
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else _language()
    with override(language):
        page = inside_status(request.user, at=timezone.now())
    answer = HttpResponse(status_html(page, language=language, as_file=False))
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(FORM)
@needs("")
def status_subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for mails; the answer is the same whoever asks for whatever address."""
    form = SubscribeForm(request.POST or None)
    title = _("Get updates by mail")
    if request.method == "POST" and form.is_valid():
        if not _may_ask(request):
            wrong = _("Too many requests from here. Please try again in an hour.")
            return _say(request, title, wrong=wrong, status=429)
        ask_to_subscribe(
            address=form.cleaned_data["address"], language=_language(), at=timezone.now()
        )
        return _say(request, title, _("Look into your mailbox: a link there completes it."))
    return _say(request, title, form=form, submit=_("Subscribe"))


@require_http_methods(FORM)
@needs("")
def status_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The second yes; only a press of the button counts, because scanners open links."""
    return _by_link(request, token, "confirm")


@require_http_methods(FORM)
@needs("")
def status_leave(request: HttpRequest, token: str) -> HttpResponse:
    """No more mails."""
    return _by_link(request, token, "leave")


def _by_link(request: HttpRequest, token: str, purpose: str) -> HttpResponse:
    is_yes = purpose == "confirm"
    title = _("Confirm your subscription") if is_yes else _("End your subscription")
    try:
        subscriber_of(token, purpose)
        if request.method != "POST":
            return _say(request, title, form=[], submit=_("Confirm") if is_yes else _("End it"))
        if is_yes:
            confirm_subscriber(token=token, at=timezone.now())
            return _say(request, title, _("Done. Updates will come by mail."))
        end_subscription(token=token, at=timezone.now())
        return _say(request, title, _("Done. No more mails will come."))
    except BadLinkError as refusal:
        return _say(request, title, wrong=str(refusal), status=404)


def _say(
    request: HttpRequest,
    title: str,
    said: str = "",
    *,
    form: object = None,
    submit: str = "",
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": title,
        "said": said,
        "form": form,
        "has_form": form is not None,
        "submit": submit,
        "wrong": wrong,
        "language": _language(),
    }
    return render(request, "status/subscribe.html", context, status=status)


def _public(language: str) -> HttpResponse:
    """The page as everybody gets it; without the database the last copy on disk."""
    try:
        html = _render(language, timezone.now())
    except (DatabaseError, InterfaceError):
        copy = settings.DATA_DIR / "status" / f"{language}.html"
        if not copy.exists():
            raise
        html = copy.read_text(encoding="utf-8")
    answer = HttpResponse(html)
    answer["Cache-Control"] = f"public, max-age={CACHED_S}, stale-if-error=86400"
    return answer


def _render(language: str, at: datetime) -> str:
    with override(language), timezone.override(ZoneInfo(settings.STATUS_ZONE)):
        return status_html(public_status(at=at), language=language, as_file=False)


def _may_ask(request: HttpRequest) -> bool:
    """Enough for a household, too few to flood somebody else's mailbox."""
    return bool(ratelimit.consume(request, action="status_subscribe"))


def _language() -> str:
    language = (get_language() or "en").split("-")[0]
    return language if language in LANGUAGES else LANGUAGES[0]
