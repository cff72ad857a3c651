"""Doors of the teams inside an incident."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.accounts.models import User
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.team import JoinForm, TeamForm
from incidents.models import Incident, Team
from incidents.services.team import disband_team, form_team, join_team, leave_team

RUN = "incidents.run_incident"
FORM = ("GET", "HEAD", "POST")


def _team(request: SignedInRequest, pk: int) -> Team:
    rows = Team.objects.visible_to(request.user).select_related("incident", "lead")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(FORM)
@needs(RUN)
def team_add(request: SignedInRequest, code: str) -> HttpResponse:
    """Form a team."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    page = reverse("incidents:detail", args=[code])

    def run(facts: dict[str, Any]) -> str:
        form_team(incident=incident, **facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        TeamForm(request.POST or None),
        run=run,
        title=_("A team for %(code)s") % {"code": code},
        submit=_("Form the team"),
        cancel_url=page,
    )


@require_http_methods(FORM)
@needs(RUN)
def team_join(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put one more person into a team."""
    team = _team(request, pk)
    page = reverse("incidents:detail", args=[team.incident.code])

    def run(facts: dict[str, Any]) -> str:
        join_team(team=team, **facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        JoinForm(request.POST or None),
        run=run,
        title=_("Who joins %(team)s") % {"team": team.name},
        submit=_("Add"),
        cancel_url=page,
    )


@require_POST
@needs(RUN)
def team_leave(request: SignedInRequest, pk: int, person: int) -> HttpResponse:
    """Take a person out of a team."""
    team = _team(request, pk)
    user = get_object_or_404(User, pk=person)
    attempt(
        request,
        lambda: leave_team(team=team, user=user, actor=request.user, at=timezone.now()),
    )
    return redirect("incidents:detail", code=team.incident.code)


@require_POST
@needs(RUN)
def team_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Disband a team."""
    team = _team(request, pk)
    attempt(request, lambda: disband_team(team=team, actor=request.user, at=timezone.now()))
    return redirect("incidents:detail", code=team.incident.code)
