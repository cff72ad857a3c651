"""Giving an order: first what it would do, then the order itself."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.models import Site
from bcp_portal.accounts.step_up import ask_again, is_fresh, signed_in_at
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.forms.order import OrderForm
from telemetry.models import OnExpiry, OrderAction, OrderStatus, Signal
from telemetry.ordering.preview import preview_order
from telemetry.sector_profiles import all_asks
from telemetry.services.order import Instruction, give_order

_FROM_ADDRESS = ("action", "sites", "streams", "reason", "authority", "incident_code")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.give_order")
def give(request: SignedInRequest) -> HttpResponse:
    """Say what and to whom, see what it would do, give it."""
    at = timezone.now()
    if not is_fresh(request, at=at):
        return ask_again(request, back=request.get_full_path())
    form = OrderForm(request.POST or None, user=request.user, initial=_initial(request))
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            context["preview"] = preview_order(
                OrderAction(form.cleaned_data["action"]), form.chosen, at=at
            )
            context["seen"] = _fingerprint(form)
            if request.POST.get("seen") == context["seen"]:
                try:
                    return _give(request, form, at=at)
                except DomainError as refusal:
                    form.add_error(None, str(refusal))
        status = 422 if form.errors else 200
    return render_page(request, "telemetry/order_give.html", context, status=status)


def _initial(request: SignedInRequest) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: request.GET[name] for name in _FROM_ADDRESS if name in request.GET
    }
    signal = _signal(request)
    if signal is not None and signal.site is not None:
        told |= {"sites": signal.site.code, "action": told.get("action", "freeze")}
    if told.get("action") == OrderAction.OFFLINE and told.get("sites"):
        told |= _usual_limits(request, told["sites"])
    return told


def _usual_limits(request: SignedInRequest, code: str) -> dict[str, int]:
    """What the sector profile of a single site allows while it works alone."""
    site = Site.objects.visible_to(request.user).filter(code=code).first()
    return dict(all_asks()[site.sector].limits) if site and site.sector else {}


def _signal(request: SignedInRequest) -> Signal | None:
    number = request.GET.get("signal", "")
    if not number.isdigit():
        return None
    visible = Signal.objects.visible_to(request.user).select_related("site")
    return visible.filter(pk=int(number)).first()


def _fingerprint(form: OrderForm) -> str:
    """What the person has seen the preview of; anything else is previewed anew."""
    told = {name: str(value) for name, value in form.cleaned_data.items()}
    return sha256_hex(canonical_json(told | {"pks": [site.pk for site in form.chosen]}))


def _give(request: SignedInRequest, form: OrderForm, *, at: datetime) -> HttpResponse:
    order = give_order(
        instruction=_instruction(request, form, at=at),
        sites=form.chosen,
        actor=request.user,
        at=at,
        signed_in_at=signed_in_at(request),
        break_glass=form.cleaned_data.get("break_glass", False),
    )
    words = (
        _("%(code)s waits for a second person.")
        if order.status == OrderStatus.REQUESTED
        else _("%(code)s is given. Somebody else must stand by it within half an hour.")
        if order.confirm_due_at
        else _("%(code)s is given.")
    )
    messages.success(request, words % {"code": order.code})
    return redirect(reverse("telemetry:order", args=[order.code]))


def _instruction(request: SignedInRequest, form: OrderForm, *, at: datetime) -> Instruction:
    told = form.cleaned_data
    begins = at + told["begins_in"] if told["begins_in"] else None
    ends = (begins or at) + told["lasts"] if told["lasts"] else None
    return Instruction(
        action=OrderAction(told["action"]),
        reason=told["reason"],
        streams=told["streams"],
        not_before=begins,
        expires_at=ends,
        on_expiry=OnExpiry(told["on_expiry"]) if ends else OnExpiry.HOLD,
        limits=form.limits(),
        addressed=form.addressed,
        region=told["region"],
        incident_code=told["incident_code"],
        authority=told["authority"],
        signal=_signal(request),
    )
