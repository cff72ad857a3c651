"""The wave board: plans, their dry run, two people, and what runs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.accounts.step_up import ask_again, is_fresh, signed_in_at
from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.forms.sources import WhyForm
from telemetry.models import PlanStatus, WavePlan
from telemetry.models.wave import Asked, WaveOrder
from telemetry.services.wave import approve_plan, ask_for, call_off_plan, pause_plan, plan_waves
from telemetry.waves.page import plan_page

FORM = ("GET", "HEAD", "POST")
_KIB = 1024

PLANS = lists.ListSpec(
    name="telemetry.waves",
    title=_("Waves"),
    columns=(
        lists.code("code", _("Code"), url="telemetry:wave", args=("code",), sort="number"),
        lists.badge("status", _("Status"), sort=True),
        lists.text("reason", _("Reason")),
        lists.text("order_by", _("First"), value=lambda row: row.get_order_by_display()),
        lists.person("requested_by", _("Drawn up by"), sort="requested_by__first_name"),
        lists.person("approved_by", _("Approved by"), sort="approved_by__first_name"),
        lists.when("created_at", _("Drawn up"), sort=True),
        lists.when("started_at", _("Started"), sort=True),
        lists.when("ended_at", _("Ended"), sort=True),
        lists.text("paused_why", _("Why it stopped"), shown=False),
    ),
    filters=(lists.choice("status", _("Status"), choices=PlanStatus.choices),),
    search=("code", "reason"),
    default_sort="-code",
    empty_title=_("No waves yet"),
    empty_text=_("After an outage, bring the sites home a few at a time instead of all at once."),
    empty_url="telemetry:wave_plan",
    empty_label=_("Plan waves"),
)


class WavePlanForm(forms.Form):
    """How to bring the sites home."""

    order_by = forms.ChoiceField(label=_("Who goes first"), choices=WaveOrder.choices)
    capacity_kib = forms.IntegerField(
        label=_("What the centre takes, in KiB a second"),
        min_value=1,
        max_value=10_000_000,
        initial=2048,
        help_text=_("As measured; a wave shares it among its sites"),
    )
    reason = forms.CharField(label=_("Reason"), min_length=5, max_length=400)


@require_safe
@needs("telemetry.view_order")
def wave_list(request: SignedInRequest) -> HttpResponse:
    """Every plan."""
    rows = WavePlan.objects.visible_to(request.user).for_list()
    extra: dict[str, Any] = {}
    if request.user.has_perm("telemetry.give_order"):
        url = reverse("telemetry:wave_plan")
        extra["title_buttons"] = [{"url": url, "label": gettext("Draw up a plan"), "primary": True}]
    return lists.list_response(request, PLANS, rows, at=timezone.now(), extra=extra)


@require_http_methods(FORM)
@needs("telemetry.give_order")
def plan(request: SignedInRequest) -> HttpResponse:
    """Draw up who goes when; it is a dry run until two people start it."""

    def run(told: dict[str, Any]) -> str:
        made = plan_waves(
            order_by=WaveOrder(told["order_by"]),
            capacity=told["capacity_kib"] * _KIB,
            reason=told["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("telemetry:wave", args=[made.code])

    return form_door(
        request,
        WavePlanForm(request.POST or None),
        run=run,
        title=_("Bring sites home in waves"),
        submit=_("Dry run"),
        cancel_url=reverse("telemetry:waves"),
    )


def find_plan(request: SignedInRequest, code: str) -> WavePlan:
    """The plan of the address."""
    rows = WavePlan.objects.visible_to(request.user).for_list()
    return get_object_or_404(rows.select_related("hold_order", "asked_by"), code=code)


@require_safe
@needs("telemetry.view_order")
def detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One plan: forecast, load, waves; live."""
    page = plan_page(find_plan(request, code), user=request.user, at=timezone.now())
    return render_page(request, "telemetry/wave.html", {"page": page}, parts={"waves"})


@require_POST
@needs("telemetry.give_order")
def ask(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask a second person to start, to go on or to skip."""
    found = find_plan(request, code)
    page = reverse("telemetry:wave", args=[code])
    what = request.GET.get("what", "")
    if what not in Asked.values:
        return redirect(page)
    if not is_fresh(request, at=timezone.now()):
        return ask_again(request, back=page)
    attempt(
        request,
        lambda: ask_for(
            plan=found,
            what=Asked(what),
            actor=request.user,
            at=timezone.now(),
            signed_in_at=signed_in_at(request),
        ),
        gettext("%(code)s waits for a second person.") % {"code": code},
    )
    return redirect(page)


@require_POST
@needs("telemetry.approve_order")
def approve(request: SignedInRequest, code: str) -> HttpResponse:
    """Be the second person."""
    found = find_plan(request, code)
    page = reverse("telemetry:wave", args=[code])
    if not is_fresh(request, at=timezone.now()):
        return ask_again(request, back=page)
    digest = request.POST.get("digest", "")
    attempt(
        request,
        lambda: approve_plan(
            plan=found,
            digest=digest,
            actor=request.user,
            at=timezone.now(),
            signed_in_at=signed_in_at(request),
        ),
        gettext("It runs."),
    )
    return redirect(page)


def _with_reason(verb: Any, title: Any, submit: Any) -> Any:
    """A door that asks why and runs one verb."""

    @require_http_methods(FORM)
    @needs("telemetry.give_order")
    def door(request: SignedInRequest, code: str) -> HttpResponse:
        found = find_plan(request, code)
        page = reverse("telemetry:wave", args=[code])

        def run(told: dict[str, Any]) -> str:
            verb(plan=found, actor=request.user, at=timezone.now(), **told)
            messages.success(request, gettext("Done."))
            return page

        return form_door(
            request,
            WhyForm(request.POST or None),
            run=run,
            title=title,
            submit=submit,
            cancel_url=page,
        )

    return door


pause = _with_reason(pause_plan, _("Stop before the next wave"), _("Pause"))
call_off = _with_reason(
    call_off_plan, _("Call the plan off: who is not home stands still"), _("Call off")
)
