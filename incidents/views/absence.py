"""Doors of one's own absences: a calendar to follow, what it says, and to follow it no longer."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.absence import AbsenceForm
from incidents.models import AbsenceCalendar
from incidents.selectors.absence import absence_page
from incidents.services.absence import drop_absences, follow_absences, queue_absences


@require_safe
@needs("*")
def absences(request: SignedInRequest) -> HttpResponse:
    """When one is away, and by which calendar."""
    page = absence_page(request.user, at=timezone.now())
    return render_page(request, "incidents/absences.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("*")
def absences_follow(request: SignedInRequest) -> HttpResponse:
    """Name the calendar of one's absences."""

    def run(facts: dict[str, Any]) -> str:
        follow_absences(
            user=request.user, address=facts["address"], text=facts["file"],
            time_zone=timezone.get_current_timezone_name(), actor=request.user, at=timezone.now(),
        )  # fmt: skip
        return reverse("incidents:absences")

    return form_door(
        request,
        AbsenceForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("A calendar of your absences"),
        submit=_("Follow it"),
        cancel_url=reverse("incidents:absences"),
    )


@require_POST
@needs("*")
def absences_read(request: SignedInRequest) -> HttpResponse:
    """Ask the source now."""
    calendar = get_object_or_404(AbsenceCalendar.objects.visible_to(request.user))
    attempt(
        request,
        lambda: queue_absences(calendar=calendar, at=timezone.now()),
        _("The calendar is being read."),
    )
    return redirect("incidents:absences")


@require_POST
@needs("*")
def absences_drop(request: SignedInRequest) -> HttpResponse:
    """Follow it no longer."""
    attempt(
        request,
        lambda: drop_absences(user=request.user, actor=request.user, at=timezone.now()),
        _("You can be called again."),
    )
    return redirect("incidents:absences")
