"""Doors of a calendar kept elsewhere: name it, look at what it would bring, follow it, drop it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.duty_calendar import CalendarForm
from incidents.models import DutyCalendar
from incidents.selectors.duty_calendar import calendar_plan
from incidents.services.duty_calendar import (
    add_calendar,
    ask_calendar,
    drop_calendar,
    take_over_calendar,
)
from incidents.views.policy_list import SEE, TURN
from incidents.views.rotation import find_rotation

FORM = ("GET", "HEAD", "POST")


def _find(request: SignedInRequest, pk: int, number: int) -> DutyCalendar:
    rows = DutyCalendar.objects.visible_to(request.user).select_related("rotation", "created_by")
    return get_object_or_404(rows, pk=number, rotation=pk)


@require_http_methods(FORM)
@needs(TURN)
def rotation_feed_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name a calendar; it is looked at before anything changes."""
    row = find_rotation(request, pk)

    def run(facts: dict[str, Any]) -> str:
        text = facts.pop("file")
        calendar = add_calendar(
            rotation=row, text=text, **facts, actor=request.user, at=timezone.now()
        )
        return reverse("incidents:rotation_feed", args=[pk, calendar.pk])

    return form_door(
        request,
        CalendarForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("A calendar for “%(name)s”") % {"name": row.name},
        submit=_("Look at it"),
        cancel_url=reverse("incidents:rotation", args=[pk]),
    )


@require_safe
@needs(SEE)
def rotation_feed(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """What a calendar brings, whom nobody knows, and how old our copy is."""
    calendar, at = _find(request, pk, number), timezone.now()
    context = {
        "calendar": calendar,
        "plan": calendar_plan(calendar, at=at),
        "is_old": calendar.is_old(at),
        "is_awaited": not calendar.text and not calendar.error,
    }
    return render_page(request, "incidents/duty_calendar.html", context, parts=("feed",))


@require_POST
@needs(TURN)
def rotation_feed_take(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Follow it from now on."""
    calendar = _find(request, pk, number)
    attempt(
        request,
        lambda: take_over_calendar(calendar=calendar, actor=request.user, at=timezone.now()),
        _("The duty follows this calendar."),
    )
    return redirect("incidents:rotation_feed", pk=pk, number=number)


@require_POST
@needs(TURN)
def rotation_feed_read(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Ask the source now."""
    calendar = _find(request, pk, number)
    attempt(
        request,
        lambda: ask_calendar(calendar=calendar, at=timezone.now()),
        _("The calendar is being read."),
    )
    return redirect("incidents:rotation_feed", pk=pk, number=number)


@require_POST
@needs(TURN)
def rotation_feed_drop(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Follow it no longer."""
    calendar = _find(request, pk, number)
    attempt(
        request, lambda: drop_calendar(calendar=calendar, actor=request.user, at=timezone.now())
    )
    return redirect("incidents:rotation", pk=pk)
