"""Who may report to us: devices, jobs that call, other monitors. Secrets are shown once."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.forms.sources import EnrolForm, PingForm, WebhookForm
from telemetry.invitations import file_of, invitation_of
from telemetry.models import PingCheck, WebhookSource
from telemetry.services.device import enrol_device
from telemetry.services.ping import create_ping_check, retire_ping_check
from telemetry.services.webhook import create_webhook_source, revoke_webhook_source

Told = dict[str, str]


@require_safe
@needs("telemetry.enrol_device")
def monitors(request: SignedInRequest) -> HttpResponse:
    """Jobs that call us, and monitors that send us their alerts."""
    context = {
        "pings": list(PingCheck.objects.visible_to(request.user).filter(retired_at=None)),
        "sources": list(WebhookSource.objects.visible_to(request.user).filter(revoked_at=None)),
        "at": timezone.now(),
    }
    return render_page(request, "telemetry/monitors.html", context)


def _maker(form_class: Any, title: Callable[[], str], make: Callable[..., Told]) -> Any:
    """A form whose result is a secret, shown on this very answer and never again."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @needs("telemetry.enrol_device")
    def door(request: SignedInRequest) -> HttpResponse:
        form = form_class(request.POST or None, user=request.user)
        told: list[Told] = []
        if form.is_valid():
            attempt(
                request,
                lambda: told.append(
                    make(actor=request.user, at=timezone.now(), **form.cleaned_data)
                ),
            )
        context: dict[str, Any] = {"form": form, "title": title()}
        if told:
            context["told"] = told[0]
            context["file"] = file_of(told[0]) if "token" in told[0] else None
        answer = render_page(request, "telemetry/source_form.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    return door


def _enrol(**said: Any) -> Told:
    device, token = enrol_device(**said)
    return invitation_of(device, token)


def _expect(**said: Any) -> Told:
    check, key = create_ping_check(**said)
    return {"name": check.name, "address": settings.BASE_URL + reverse("ping", args=[key])}


def _listen(**said: Any) -> Told:
    source, key = create_webhook_source(**said)
    address = reverse(f"hook-{source.kind}", args=[key])
    return {"name": source.name, "address": settings.BASE_URL + address}


device_enrol = _maker(EnrolForm, lambda: _("Enrol a device"), _enrol)
ping_add = _maker(PingForm, lambda: _("Expect a job to call"), _expect)
source_add = _maker(WebhookForm, lambda: _("Listen to another monitor"), _listen)


@require_POST
@needs("telemetry.enrol_device")
def ping_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Expect this job no more."""
    check = get_object_or_404(PingCheck.objects.visible_to(request.user), pk=pk)
    retire_ping_check(check=check, actor=request.user, at=timezone.now())
    return redirect("telemetry:monitors")


@require_POST
@needs("telemetry.enrol_device")
def source_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take nothing more from this monitor."""
    source = get_object_or_404(WebhookSource.objects.visible_to(request.user), pk=pk)
    revoke_webhook_source(source=source, actor=request.user, at=timezone.now())
    return redirect("telemetry:monitors")
