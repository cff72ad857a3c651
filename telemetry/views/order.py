"""The page of an order, and what people do there."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site
from bcp_portal.accounts.step_up import ask_again, is_fresh, signed_in_at
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.forms.order import LiftForm, NoteForm
from telemetry.forms.sources import WhyForm
from telemetry.models import DesiredState, Order, OrderAction
from telemetry.ordering.board import order_page, orders_at
from telemetry.ordering.moves import may_approve, order_moves
from telemetry.services.order import (
    Instruction,
    approve_order,
    confirm_order,
    give_order,
    refuse_order,
    review_order,
)

FORM = ("GET", "HEAD", "POST")


def find_order(request: SignedInRequest, code: str) -> Order:
    """The order of the address, if whoever asks may see one of its sites."""
    rows = Order.objects.visible_to(request.user).select_related(
        "requested_by", "confirmed_by", "reviewed_by", "lifts", "region", "signal"
    )
    return get_object_or_404(rows, code=code)


@require_safe
@needs("telemetry.view_order")
def detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One order: who, why, how far; live."""
    order = find_order(request, code)
    page = order_page(order, user=request.user)
    context = {
        "page": page,
        "moves": order_moves(page, user=request.user),
        "may_approve": may_approve(page, user=request.user),
    }
    return render_page(request, "telemetry/order.html", context, parts={"progress", "people"})


@require_POST
@needs("telemetry.approve_order")
def approve(request: SignedInRequest, code: str) -> HttpResponse:
    """Be the second person before."""
    order = find_order(request, code)
    digest = request.POST.get("digest", "")
    return _press(
        request,
        order,
        lambda: approve_order(
            order=order,
            digest=digest,
            actor=request.user,
            at=timezone.now(),
            signed_in_at=signed_in_at(request),
        ),
        _("%(code)s is in force."),
    )


@require_POST
@needs("telemetry.approve_order")
def confirm(request: SignedInRequest, code: str) -> HttpResponse:
    """Be the second person after."""
    order = find_order(request, code)
    return _press(
        request,
        order,
        lambda: confirm_order(
            order=order,
            actor=request.user,
            at=timezone.now(),
            signed_in_at=signed_in_at(request),
        ),
        _("You stand by %(code)s."),
    )


def _press(
    request: SignedInRequest, order: Order, verb: Callable[[], object], done: str
) -> HttpResponse:
    """Run a verb that takes a fresh sign-in; without one, ask and come back to the page."""
    page = reverse("telemetry:order", args=[order.code])
    if not is_fresh(request, at=timezone.now()):
        return ask_again(request, back=page)
    attempt(request, verb, done % {"code": order.code})
    return redirect(page)


@require_http_methods(FORM)
@needs("telemetry.view_order")
def refuse(request: SignedInRequest, code: str) -> HttpResponse:
    """Say no to a request, or take the own one back."""
    order = find_order(request, code)
    if order.requested_by_id != request.user.pk and not request.user.has_perm(
        "telemetry.approve_order"
    ):
        messages.error(request, _("Your role may not do this."))
        return redirect("telemetry:order", code=code)
    page = reverse("telemetry:order", args=[code])

    def run(told: dict[str, str]) -> str:
        refuse_order(order=order, actor=request.user, at=timezone.now(), **told)
        return page

    return form_door(
        request,
        WhyForm(request.POST or None),
        run=run,
        title=_("Say no to %(code)s") % {"code": code},
        submit=_("Say no"),
        cancel_url=page,
    )


@require_http_methods(FORM)
@needs("telemetry.approve_order")
def review(request: SignedInRequest, code: str) -> HttpResponse:
    """Look at a broken glass."""
    order = find_order(request, code)
    page = reverse("telemetry:order", args=[code])

    def run(told: dict[str, str]) -> str:
        review_order(order=order, actor=request.user, at=timezone.now(), **told)
        return page

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Review %(code)s, for which the glass was broken") % {"code": code},
        submit=_("Reviewed"),
        cancel_url=page,
    )


@require_http_methods(FORM)
@needs("telemetry.give_order")
def lift(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for an order to be lifted, at all its sites or at some."""
    order = find_order(request, code)
    page = reverse("telemetry:order", args=[code])
    if not is_fresh(request, at=timezone.now()):
        return ask_again(request, back=request.get_full_path())
    form = LiftForm(request.POST or None)

    def run(told: dict[str, str]) -> str:
        sites = Site.objects.filter(order_targets__order=order, order_targets__ended_at=None)
        if codes := form.codes():
            sites = sites.filter(code__in=codes)
        request_made = give_order(
            instruction=Instruction(
                action=OrderAction.LIFT,
                reason=told["reason"],
                lifts=order,
                incident_code=order.incident_code,
            ),
            sites=list(sites.order_by("code")),
            actor=request.user,
            at=timezone.now(),
            signed_in_at=signed_in_at(request),
        )
        messages.success(
            request, _("%(code)s waits for a second person.") % {"code": request_made.code}
        )
        return reverse("telemetry:order", args=[request_made.code])

    return form_door(
        request,
        form,
        run=run,
        title=_("Lift %(code)s") % {"code": code},
        submit=_("Ask for it"),
        cancel_url=page,
    )


@require_safe
@needs("telemetry.view_order")
def for_site(request: SignedInRequest, code: str) -> HttpResponse:
    """What holds at a site, as a part of its page."""
    site = get_object_or_404(Site.objects.visible_to(request.user), code=code)
    state = DesiredState.objects.visible_to(request.user).current().filter(site=site)
    context = {
        "site": site,
        "orders": list(orders_at(site.pk).select_related("requested_by")),
        "state": state.prefetch_related("deliveries__device").first(),
        "may_order": request.user.has_perm("telemetry.give_order"),
    }
    return render_page(request, "telemetry/orders_of_site.html", context)


@require_safe
@needs("telemetry.view_order")
def for_incident(request: SignedInRequest) -> HttpResponse:
    """The orders that name the incident `?code=`, as a part of its page."""
    code = request.GET.get("code", "")[:20]
    rows = Order.objects.visible_to(request.user).filter(incident_code=code).for_list()
    context = {
        "code": code,
        "orders": list(rows.order_by("-number")[:20]),
        "may_order": request.user.has_perm("telemetry.give_order"),
    }
    return render_page(request, "telemetry/orders_of_incident.html", context)
