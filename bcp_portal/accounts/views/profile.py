"""Doors of one's own profile: how one reads, how one is reached, what acts in one's name."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.accounts.forms.profile import (
    CodeForm,
    ContactForm,
    ProfileForm,
    QuietForm,
    TokenForm,
)
from bcp_portal.accounts.models import ApiToken, ContactMethod
from bcp_portal.accounts.selectors.profile import profile_page
from bcp_portal.accounts.services.api_token import create_api_token, revoke_api_token
from bcp_portal.accounts.services.contact_method import (
    add_contact,
    check_code,
    prefer_contact,
    remove_contact,
    set_quiet_hours,
)
from bcp_portal.accounts.services.profile import edit_profile
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@needs("*")
def profile(request: SignedInRequest) -> HttpResponse:
    """One's own account, and the settings that are one's own to choose."""
    form = ProfileForm(request.POST or None, initial=_settings_of(request))
    if form.is_valid():
        edit_profile(**form.cleaned_data, actor=request.user, at=timezone.now())
        answer = redirect("accounts:profile")
        # The language of the profile holds from here on; an older choice must not outlive it.
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return answer
    return _page(request, settings_form=form)


@require_POST
@needs("*")
def contact_add(request: SignedInRequest) -> HttpResponse:
    """Name one more way to be reached."""
    form = ContactForm(request.POST)
    if form.is_valid():
        try:
            add_contact(
                user=request.user, **form.cleaned_data, actor=request.user, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error("address", str(refusal))
        else:
            return redirect("accounts:profile")
    return _page(request, contact_form=form)


@require_POST
@needs("*")
def contact_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a way to be reached."""
    method = get_object_or_404(ContactMethod.objects.visible_to(request.user), pk=pk)
    attempt(request, lambda: remove_contact(method=method, actor=request.user, at=timezone.now()))
    return redirect("accounts:profile")


@require_POST
@needs("*")
def contact_prefer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Be called this way one place earlier."""
    method = get_object_or_404(ContactMethod.objects.visible_to(request.user), pk=pk)
    attempt(request, lambda: prefer_contact(method=method, actor=request.user, at=timezone.now()))
    return redirect("accounts:profile")


@require_POST
@needs("*")
def contact_verify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Enter the code that came this way."""
    method = get_object_or_404(ContactMethod.objects.visible_to(request.user), pk=pk)
    form = CodeForm(request.POST)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    attempt(
        request,
        lambda: check_code(method=method, code=code, actor=request.user, at=timezone.now()),
        _("It is verified: messages reach you this way."),
    )
    return redirect("accounts:profile")


@require_POST
@needs("*")
def contact_quiet(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say when only calls may come this way."""
    visible = ContactMethod.objects.visible_to(request.user).select_related("user")
    method = get_object_or_404(visible, pk=pk)
    form = QuietForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the hours as 22:00."))
        return redirect("accounts:profile")
    attempt(
        request,
        lambda: set_quiet_hours(
            method=method, **form.cleaned_data, actor=request.user, at=timezone.now()
        ),
        _("Saved. Calls come at any hour."),
    )
    return redirect("accounts:profile")


@require_POST
@needs("*")
def token_add(request: SignedInRequest) -> HttpResponse:
    """Make a token and show its secret, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form)
    token, secret = create_api_token(
        user=request.user, **form.cleaned_data, actor=request.user, at=timezone.now()
    )
    answer = render(request, "accounts/token.html", {"token": token, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs("*")
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close what a token opened: one's own, or as administrator anybody's."""
    tokens = ApiToken.objects.visible_to(request.user).select_related("user")
    token = get_object_or_404(tokens, pk=pk)
    attempt(
        request,
        lambda: revoke_api_token(token=token, actor=request.user, at=timezone.now()),
        _("The token is revoked."),
    )
    if token.user_id == request.user.pk:
        return redirect("accounts:profile")
    return redirect("accounts:person", username=token.user.username)


def _settings_of(request: SignedInRequest) -> dict[str, str]:
    me = request.user
    return {"language": me.language, "time_zone": me.time_zone, "phone": me.phone}


def _page(request: SignedInRequest, **bound: forms.Form) -> HttpResponse:
    """The page with the forms as they were sent, or fresh."""
    context = {
        "page": profile_page(request.user, at=timezone.now()),
        "settings_form": bound.get("settings_form") or ProfileForm(initial=_settings_of(request)),
        "contact_form": bound.get("contact_form") or ContactForm(),
        "token_form": bound.get("token_form") or TokenForm(),
    }
    wrong = any(form.errors for form in bound.values())
    return render_page(request, "accounts/profile.html", context, status=422 if wrong else 200)
