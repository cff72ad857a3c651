"""Orders for a site without a network: a code to scan, words to speak, words read back."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from assets.models import Site
from bcp_portal.accounts.step_up import ask_again, signed_in_at
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import DesiredState, Device, Rung
from telemetry.ordering.spoken import order_words, qr_picture, qr_text, read_status
from telemetry.services.order_ack import record_spoken
from telemetry.views.order_give import is_fresh


class StatusWordsForm(forms.Form):
    """What the site reads back."""

    words = forms.CharField(
        label=_("Four words"),
        max_length=60,
        help_text=_("As “siaga-agent orders” shows them at the site"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.give_order")
def by_hand(request: SignedInRequest, code: str) -> HttpResponse:
    """The present order of a site, to be carried by people; and its answer."""
    site = get_object_or_404(Site.objects.visible_to(request.user), code=code)
    if not is_fresh(signed_in_at(request), at=timezone.now()):
        return ask_again(request, back=request.path)
    state = DesiredState.objects.current().filter(site=site).select_related("order").first()
    devices = list(Device.objects.in_service().filter(site=site).order_by("name"))
    form = StatusWordsForm(request.POST or None)
    if state is not None and form.is_valid():
        heard = _heard(form.cleaned_data["words"], state, devices)
        if heard is not None:
            device, rung = heard
            record_spoken(
                state=state, device=device, rung=rung, actor=request.user, at=timezone.now()
            )
            words = gettext("%(device)s: %(rung)s") % {"device": device.name, "rung": rung.label}
            messages.success(request, words)
            return redirect("telemetry:order_by_hand", code=code)
        form.add_error("words", gettext("These words fit no device here. Let them be read again."))
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


def _heard(text: str, state: DesiredState, devices: list[Device]) -> tuple[Device, Rung] | None:
    for device in devices:
        rung = read_status(text, state, device)
        if rung is not None:
            return device, rung
    return None
