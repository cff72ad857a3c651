"""Doors of a sensitive incident: close it, name people, open it again."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.incident import NamePersonForm, ReasonForm
from incidents.models import Incident, IncidentAccess
from incidents.services.sensitive import (
    ask_lift,
    decide_lift,
    make_sensitive,
    name_person,
    unname_person,
)

RUN = "incidents.run_incident"
FORM = ("GET", "HEAD", "POST")


def _find(request: SignedInRequest, code: str) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.user), code=code)


@require_http_methods(FORM)
@needs(RUN)
def sensitive(request: SignedInRequest, code: str) -> HttpResponse:
    """Close it to everybody who is not named, or open it again; with a reason."""
    incident = _find(request, code)
    page = reverse("incidents:detail", args=[code])
    is_open = incident.sensitive_at is None

    def run(facts: dict[str, Any]) -> str:
        said = {"incident": incident, **facts, "actor": request.user, "at": timezone.now()}
        if is_open:
            make_sensitive(**said)
        else:
            ask_lift(**said)
        return page

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=(
            _("Let only named people see %(code)s")
            if is_open
            else _("Ask to open %(code)s to everybody")
        )
        % {"code": code},
        submit=_("Save"),
        cancel_url=page,
    )


@require_POST
@needs(RUN)
def lift_decide(request: SignedInRequest, code: str) -> HttpResponse:
    """Agree to open it to everybody, or keep it closed."""
    incident = _find(request, code)
    lift = get_object_or_404(incident.lifts.filter(decided_at=None))
    is_agreed = request.POST.get("agree") == "yes"
    attempt(
        request,
        lambda: decide_lift(lift=lift, is_agreed=is_agreed, actor=request.user, at=timezone.now()),
    )
    # Whoever was not named may not see it any longer than the decision took.
    return redirect("incidents:detail", code=code)


@require_http_methods(FORM)
@needs(RUN)
def name_one(request: SignedInRequest, code: str) -> HttpResponse:
    """Let one more person see it."""
    incident = _find(request, code)
    page = reverse("incidents:detail", args=[code])

    def run(facts: dict[str, Any]) -> str:
        name_person(incident=incident, **facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        NamePersonForm(request.POST or None),
        run=run,
        title=_("Who may see %(code)s") % {"code": code},
        submit=_("Let them see it"),
        cancel_url=page,
    )


@require_POST
@needs(RUN)
def unname_one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a person see it no longer."""
    rows = IncidentAccess.objects.filter(incident__in=Incident.objects.visible_to(request.user))
    access = get_object_or_404(rows.select_related("incident", "user"), pk=pk)
    attempt(request, lambda: unname_person(access=access, actor=request.user, at=timezone.now()))
    return redirect("incidents:detail", code=access.incident.code)
