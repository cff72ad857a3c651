"""The mapping of a generic monitor: paste a sample, choose the facts, see the alerts, save."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.adapters.preview import lists_in, paths_in, preview, read_sample
from telemetry.forms.mapping import MappingForm
from telemetry.models import WebhookSource
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.webhook import change_mapping, create_webhook_source


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.enrol_device")
def mapping_add(request: SignedInRequest) -> HttpResponse:
    """Listen to a monitor that sends any JSON."""
    form = MappingForm(request.POST or None, user=request.user)
    told: list[dict[str, str]] = []
    if "save" in request.POST and form.is_valid():

        def make() -> None:
            source, key = create_webhook_source(
                name=form.cleaned_data["name"], kind=WebhookKind.GENERIC, actor=request.user,
                at=timezone.now(), site=form.cleaned_data["site"], mapping=form.mapping(),
            )  # fmt: skip
            address = settings.BASE_URL + reverse("hook-generic", args=[key])
            told.append({"name": source.name, "address": address})

        attempt(request, make)
    if told:
        context = {"title": _("Listen to another monitor"), "told": told[0]}
        answer = render_page(request, "telemetry/source_form.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.enrol_device")
def mapping_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read a monitor's deliveries another way from now on."""
    sources = WebhookSource.objects.visible_to(request.user).filter(
        kind=WebhookKind.GENERIC, revoked_at=None
    )
    source = get_object_or_404(sources, pk=pk)
    form = MappingForm(
        request.POST or None, user=request.user, initial=MappingForm.start_of(source)
    )
    if "save" in request.POST and form.is_valid():
        done = attempt(
            request,
            lambda: change_mapping(
                source=source, mapping=form.mapping(), actor=request.user, at=timezone.now()
            ),
            _("The mapping holds from the next delivery on."),
        )
        if done:
            return redirect("telemetry:monitors")
    return _page(request, form, source)


def _page(
    request: SignedInRequest, form: MappingForm, source: WebhookSource | None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "source": source, "shown": None}
    text = form.data.get("sample", "") if form.is_bound else ""
    if text:
        try:
            content = read_sample(text)
            context["lists"] = lists_in(content)
            context["paths"] = paths_in(content, form.data.get("at_items", "").strip())
            if form.is_valid():
                context["shown"] = preview(content, form.mapping())
        except DomainError as refusal:
            messages.error(request, str(refusal))
    return render_page(request, "telemetry/mapping.html", context)
