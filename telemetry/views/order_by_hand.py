"""Orders for a site without a network: a code to scan, words to speak, words read back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from assets.models import Site
from bcp_portal.accounts.step_up import ask_again, is_fresh
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import DesiredState, Device
from telemetry.ordering.carried import Answer, UnreadableError, read_carried
from telemetry.ordering.spoken import order_words, qr_picture, qr_text
from telemetry.services.order_ack import record_spoken


class CarriedForm(forms.Form):
    """What the site reads back, or what came from there as a picture."""

    words = forms.CharField(
        label=_("Words, or what the code says"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_(
            "Four words answer the order, as “siaga-agent orders” shows them at the site. "
            "Eight words or a code are an order that somebody was given: is it genuine?"
        ),
    )
    scanned = forms.BooleanField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.give_order")
def by_hand(request: SignedInRequest, code: str) -> HttpResponse:
    """The present order of a site, to be carried by people; and its answer."""
    site = get_object_or_404(Site.objects.visible_to(request.user), code=code)
    if not is_fresh(request, at=timezone.now()):
        return ask_again(request, back=request.path)
    state = DesiredState.objects.current().filter(site=site).select_related("order", "site").first()
    devices = list(Device.objects.in_service().filter(site=site).order_by("name"))
    form = CarriedForm(request.POST or None)
    if state is not None and form.is_valid():
        try:
            words = _take(request, form.cleaned_data, state, devices)
        except UnreadableError as problem:
            form.add_error("words", str(problem))
        else:
            messages.success(request, words)
            return redirect("telemetry:order_by_hand", code=code)
    context = {
        "site": site,
        "state": state,
        "form": form,
        "picture": qr_picture(state) if state else "",
        "text": qr_text(state) if state else "",
        "spoken": [(device, order_words(state, device)) for device in devices] if state else [],
    }
    status = 422 if form.errors else 200
    answer = render_page(request, "telemetry/order_by_hand.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _take(
    request: SignedInRequest, said: dict[str, Any], state: DesiredState, devices: list[Device]
) -> str:
    """Record an answer, or say whether an order is ours; what to tell whoever asked."""
    found = read_carried(said["words"], state, devices)
    if isinstance(found, Answer):
        record_spoken(
            state=state, device=found.device, rung=found.rung, scanned=said["scanned"],
            actor=request.user, at=timezone.now(),
        )  # fmt: skip
        return gettext("%(device)s: %(rung)s") % {
            "device": found.device.name, "rung": found.rung.label,
        }  # fmt: skip
    if not found.is_current:
        return gettext("Genuine, but no longer in force: number %(number)s; now it is %(now)s.") % {
            "number": found.number, "now": state.epoch,
        }  # fmt: skip
    who = found.device.name if found.device else state.site.code
    return gettext("Genuine and in force: number %(number)s, for %(who)s.") % {
        "number": found.number, "who": who,
    }  # fmt: skip
