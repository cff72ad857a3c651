"""The incident page: what is hit, the clocks, who has been called, the next step."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.incident import (
    ActionForm,
    DecisionForm,
    NoteForm,
    ReasonForm,
    RoleForm,
    SeverityForm,
    StartRunForm,
    UpdateForm,
)
from incidents.models import Incident
from incidents.selectors.incident_page import incident_page, named_people
from incidents.selectors.moves import incident_moves
from incidents.selectors.run_log import merge_of
from incidents.services.sensitive import note_reading

PARTS = {
    "head",
    "next_step",
    "clashes",
    "playbook",
    "timeline",
    "calls",
    "extent",
    "duties",
    "roles",
    "learning",
}


@require_safe
@needs("incidents.view_incident")
def incident_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One page during an incident; every part of it follows the world by itself."""
    at = timezone.now()
    visible = Incident.objects.visible_to(request.user).for_list()
    incident = get_object_or_404(visible, code=code)
    if "part" not in request.GET:
        note_reading(incident=incident, actor=request.user, at=at)
    is_open = incident.sensitive_at is None
    page = incident_page(incident, at=at)
    context = {
        "page": page,
        "live_topic": f"incident:{incident.pk}" if is_open else f"inbox:{request.user.pk}",
        "is_commander": incident.commander_id == request.user.pk,
        "named": [] if is_open else list(named_people(incident)),
        "alert_total": sum(group.count for group in page.alert_groups),
        "merge": merge_of(incident),
        "moves": incident_moves(incident, user=request.user, review=page.review, at=at),
        "can_work": request.user.has_perm("incidents.work_incident"),
        "can_run": request.user.has_perm("incidents.run_incident"),
        "note_form": NoteForm(),
        "role_form": RoleForm(people=page.people),
        "run_form": StartRunForm(playbooks=page.playbooks, suggested=incident.suggested_playbook),
        "decision_form": DecisionForm(),
        "update_form": UpdateForm(),
        "action_form": ActionForm(people=page.people),
        "reason_form": ReasonForm(),
        "severity_form": SeverityForm(initial={"severity": incident.severity}),
    }
    return render_page(request, "incidents/incident_detail.html", context, parts=PARTS)
