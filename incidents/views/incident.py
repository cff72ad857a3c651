"""The incident page: what is hit, the clocks, who has been called, the next step."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from bcp_portal.accounts.step_up import is_fresh
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.incident import NoteForm, RoleForm, StartRunForm
from incidents.fresh_sign_in import proof_address
from incidents.models import Incident
from incidents.selectors.incident_page import IncidentPage, incident_page
from incidents.selectors.moves import incident_moves
from incidents.selectors.timeline import older_entries
from incidents.services.sensitive import note_reading

PARTS = {
    "head",
    "outlook",
    "rest",
    "after",
    "aside",
    "earlier",
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
    visible = Incident.objects.visible_to(request.user).for_list().select_related("review")
    incident = get_object_or_404(visible, code=code)
    if "part" not in request.GET:
        note_reading(incident=incident, actor=request.user, at=at)
    is_open = incident.sensitive_at is None
    page = incident_page(incident, at=at, since=_number(request.GET.get("since")))
    before = _number(request.GET.get("before"))
    context = _forms(page) | {
        "page": page,
        "whole": "whole" in request.GET,
        "earlier": older_entries(incident, before=before) if before else None,
        "live_topic": f"incident:{incident.pk}" if is_open else f"inbox:{request.user.pk}",
        "is_commander": incident.commander_id == request.user.pk,
        "moves": incident_moves(incident, user=request.user, review=page.review, at=at),
        "is_proven": lambda: is_fresh(request, at=at),
        "proof_address": proof_address(incident.code),
        "can_work": request.user.has_perm("incidents.work_incident"),
        "can_run": request.user.has_perm("incidents.run_incident"),
    }
    return render_page(request, "incidents/incident_detail.html", context, parts=PARTS)


def _forms(page: IncidentPage) -> dict[str, object]:
    """The forms of the parts; what needs the database is made only where a part shows it."""
    suggested = page.incident.suggested_playbook
    return {
        "note_form": NoteForm(),
        "role_form": lambda: RoleForm(people=page.people),
        "run_form": lambda: StartRunForm(playbooks=page.playbooks, suggested=suggested),
    }


def _number(text: str | None) -> int | None:
    """A key from an address; what is none is left aside."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
