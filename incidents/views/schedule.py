"""Doors of the schedule: duties and their gaps, rotas, swaps, calendars, the lint of calls."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.policy import RotaForm, SwapForm
from incidents.ical import Event, write_calendar
from incidents.models import Rotation, Shift
from incidents.selectors.call_lint import lint_page
from incidents.selectors.schedule import schedule_page
from incidents.services.rotation import plan_rota, swap_shifts
from incidents.views.policy_list import SEE, TURN, escalation_tabs
from incidents.views.rotation import find_rotation

FORM = ("GET", "HEAD", "POST")


@require_safe
@needs(SEE)
def schedule(request: SignedInRequest) -> HttpResponse:
    """Every duty over the coming fortnight, with its gaps and how fairly it is shared."""
    at = timezone.now()
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Rotation.objects.visible_to(request.user).for_list().order_by("name")
    context = {
        "page": schedule_page(rows, at=at, today=today),
        "tabs": escalation_tabs("incidents:schedule"),
    }
    return render_page(request, "incidents/schedule.html", context)


@require_safe
@needs(SEE)
def call_lint(request: SignedInRequest) -> HttpResponse:
    """Who would be called at every hour of the next fourteen days, for each severity."""
    context = {
        "page": lint_page(at=timezone.now()),
        "tabs": escalation_tabs("incidents:call_lint"),
    }
    return render_page(request, "incidents/call_lint.html", context)


@require_safe
@needs(SEE)
def rotation_calendar(request: SignedInRequest, pk: int) -> HttpResponse:
    """The turns of a duty as iCal."""
    row = find_rotation(request, pk)
    events = [
        Event(
            uid=f"shift-{turn.pk}@siaga",
            title=f"{row.name}: {turn.user.name}",
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            text=_("Stands in") if turn.is_override else "",
        )
        for turn in sorted(row.shifts.all(), key=lambda turn: turn.starts_at)
    ]
    body = write_calendar(row.name, events, at=timezone.now())
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="duty-{row.pk}.ics"'
    return answer


@require_http_methods(FORM)
@needs(TURN)
def rotation_rota(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let several people take a duty in turns."""
    row = find_rotation(request, pk)

    def run(facts: dict[str, Any]) -> str:
        facts["people"] = list(facts["people"])
        plan_rota(rotation=row, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:rotation", args=[pk])

    return form_door(
        request,
        RotaForm(request.POST or None, initial={"time_zone": row.time_zone}),
        run=run,
        title=_("A rota for “%(name)s”") % {"name": row.name},
        submit=_("Plan"),
        cancel_url=reverse("incidents:rotation", args=[pk]),
    )


@require_http_methods(FORM)
@needs(TURN)
def shift_swap(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let two people take each other's turn."""
    rows = Shift.objects.filter(rotation__in=Rotation.objects.visible_to(request.user))
    shift = get_object_or_404(rows.select_related("rotation", "user"), pk=pk)
    others = (
        rows.filter(rotation=shift.rotation, starts_at__gt=timezone.now())
        .exclude(user=shift.user)
        .select_related("rotation", "user")
        .order_by("starts_at")
    )

    def run(facts: dict[str, Any]) -> str:
        swap_shifts(shift=shift, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:rotation", args=[shift.rotation_id])

    return form_door(
        request,
        SwapForm(request.POST or None, shifts=others),
        run=run,
        title=_("Swap the turn of %(name)s") % {"name": shift.user.name},
        submit=_("Swap"),
        cancel_url=reverse("incidents:rotation", args=[shift.rotation_id]),
    )
