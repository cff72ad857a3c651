"""Buttons of an incident: each one fetches what the person may see and calls one verb."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.incident import (
    ActionForm,
    DecisionForm,
    DeclareForm,
    NoteForm,
    ReasonForm,
    RoleForm,
    SeverityForm,
    StartRunForm,
)
from incidents.models import Incident
from incidents.services.action_item import assign_action_item
from incidents.services.decision import record_decision
from incidents.services.incident import (
    acknowledge_incident,
    call_off_incident,
    change_severity,
    close_incident,
    contain_incident,
    declare_incident,
    recover_incident,
    start_response,
)
from incidents.services.operation_log import stamp_of
from incidents.services.response import respond_with_playbook
from incidents.services.role import assign_role, take_command
from incidents.services.sub_phase import begin_eradication, end_eradication
from incidents.services.timeline import add_note

Door = Callable[..., HttpResponse]


def _incident(request: SignedInRequest, code: str) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.user), code=code)


def _button(verb: Callable[..., object], permission: str) -> Door:
    """A door whose verb needs nothing but the incident."""

    @require_POST
    @needs(permission)
    def press(request: SignedInRequest, code: str) -> HttpResponse:
        incident = _incident(request, code)
        attempt(request, lambda: verb(incident=incident, actor=request.user, at=timezone.now()))
        return redirect("incidents:detail", code=code)

    return press


def _form_button(form_class: Any, verb: Callable[..., object], permission: str) -> Door:
    """A door whose verb takes what a form says; a half-filled form keeps what was typed."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @needs(permission)
    def submit(request: SignedInRequest, code: str) -> HttpResponse:
        incident = _incident(request, code)
        form = form_class(request.POST or None)
        if form.is_valid():
            done = attempt(
                request,
                lambda: verb(
                    incident=incident, actor=request.user, at=timezone.now(), **form.cleaned_data
                ),
            )
            if done:
                return redirect("incidents:detail", code=code)
        return render_page(
            request, "incidents/incident_form.html", {"form": form, "incident": incident}
        )

    return submit


def _note(*, op_id: UUID | None = None, **said: Any) -> object:
    return add_note(stamp=stamp_of(op_id), **said)


acknowledge = _button(acknowledge_incident, "incidents.work_incident")
take = _button(take_command, "incidents.run_incident")
respond = _button(start_response, "incidents.run_incident")
contain = _button(contain_incident, "incidents.run_incident")
eradicate = _button(begin_eradication, "incidents.run_incident")
eradicated = _button(end_eradication, "incidents.run_incident")
recover = _button(recover_incident, "incidents.run_incident")
close = _button(close_incident, "incidents.close_incident")
close_early = _form_button(ReasonForm, close_incident, "incidents.close_incident")
call_off = _form_button(ReasonForm, call_off_incident, "incidents.run_incident")
severity = _form_button(SeverityForm, change_severity, "incidents.run_incident")
note = _form_button(NoteForm, _note, "incidents.work_incident")
role = _form_button(RoleForm, assign_role, "incidents.run_incident")
run = _form_button(StartRunForm, respond_with_playbook, "incidents.run_incident")
decide = _form_button(DecisionForm, record_decision, "incidents.run_incident")
promise = _form_button(ActionForm, assign_action_item, "incidents.handle_actionitem")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.declare_incident")
def declare(request: SignedInRequest) -> HttpResponse:
    """Declare an incident that no machine has seen."""
    form = DeclareForm(request.POST or None, user=request.user)
    if form.is_valid():
        said = dict(form.cleaned_data)
        at = timezone.now()
        began = at - said.pop("began_ago")
        opened: list[Incident] = []
        if attempt(
            request,
            lambda: opened.append(
                declare_incident(actor=request.user, at=at, started_at=began, **said)
            ),
        ):
            messages.success(request, _("%(code)s is declared.") % {"code": opened[0].code})
            return redirect("incidents:detail", code=opened[0].code)
    return render_page(request, "incidents/incident_declare.html", {"form": form})
