"""What is done about a risk: treatments, and the actions that carry them out."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import ActionForm, NoteForm, TreatmentForm, WordForm
from risks.models import Treatment, TreatmentAction, TreatmentStatus
from risks.services.treatment import (
    add_action,
    decide_treatment,
    drop_action,
    drop_treatment,
    edit_action,
    finish_action,
    finish_treatment,
)
from risks.views.risk import FORM, find_risk, page_of

ACTIONS = lists.ListSpec(
    name="risks.actions",
    title=gettext_lazy("Actions of treatments"),
    lead=gettext_lazy("What is still to be done so that treatments come true."),
    columns=(
        lists.code(
            "treatment.risk.code",
            gettext_lazy("Risk"),
            url="risks:detail",
            args=("treatment.risk.code",),
            sort="treatment__risk__code",
        ),
        lists.text("title", gettext_lazy("What is to be done"), sort=True, fixed=True),
        lists.text("treatment.plan", gettext_lazy("Treatment")),
        lists.badge("status", gettext_lazy("Status"), sort=True),
        lists.person("owner", gettext_lazy("Owner"), sort="owner__first_name"),
        lists.when("due_on", gettext_lazy("Due on"), sort=True),
        lists.number("cost", gettext_lazy("Cost"), sort=True),
        lists.when("ended_at", gettext_lazy("Ended"), sort=True, shown=False),
        lists.person("ended_by", gettext_lazy("Ended by"), shown=False),
        lists.text("note", gettext_lazy("Note"), shown=False),
    ),
    filters=(
        lists.choice("status", gettext_lazy("Status"), choices=TreatmentStatus.choices),
        lists.yes_no(
            "overdue",
            gettext_lazy("Overdue"),
            apply=lambda rows, yes, ask: (
                rows.overdue(ask.at.date())
                if yes
                else rows.exclude(
                    pk__in=TreatmentAction.objects.overdue(ask.at.date()).values("pk")
                )
            ),
        ),
        lists.yes_no(
            "mine",
            gettext_lazy("Mine"),
            apply=lambda rows, yes, ask: (
                rows.filter(owner=ask.user) if yes else rows.exclude(owner=ask.user)
            ),
        ),
        lists.dates("due_on", gettext_lazy("Due on")),
    ),
    search=("title", "treatment__plan", "treatment__risk__code"),
    default_sort="due_on,treatment.risk.code",
    default_filters={"status": ("planned",)},
    empty_title=gettext_lazy("Nothing is to be done"),
    empty_text=gettext_lazy("Actions are added to a treatment on the page of its risk."),
    empty_url="risks:register",
    empty_label=gettext_lazy("To the register"),
)


@require_safe
@needs("risks.view_risk")
def action_list(request: SignedInRequest) -> HttpResponse:
    """What is to be done for the risks that this person may see, the most urgent first."""
    rows = TreatmentAction.objects.visible_to(request.user).for_list()
    return lists.list_response(request, ACTIONS, rows, at=timezone.now())


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_treat(request: SignedInRequest, code: str) -> HttpResponse:
    """Decide what is done about a risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        decide_treatment(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        TreatmentForm(request.POST or None, initial={"owner": risk.owner_id}),
        run=run,
        title=_("Treat %(code)s") % {"code": code},
        submit=_("Decide"),
        cancel_url=page_of(code),
    )


def _door(
    request: SignedInRequest,
    row: Treatment | TreatmentAction,
    form: forms.Form,
    verb: Callable[[dict[str, Any]], object],
    *,
    title: str,
    submit: str,
) -> HttpResponse:
    """A form about a treatment or an action, which leads back to the page of the risk."""
    risk = row.risk if isinstance(row, Treatment) else row.treatment.risk

    def run(facts: dict[str, Any]) -> str:
        verb(facts)
        return page_of(risk.code)

    return form_door(
        request, form, run=run, title=title, submit=submit, cancel_url=page_of(risk.code)
    )


def _find_treatment(request: SignedInRequest, pk: int) -> Treatment:
    return get_object_or_404(Treatment.objects.visible_to(request.user).for_list(), pk=pk)


def _find_action(request: SignedInRequest, pk: int) -> TreatmentAction:
    return get_object_or_404(TreatmentAction.objects.visible_to(request.user).for_list(), pk=pk)


@require_http_methods(FORM)
@needs("risks.run_risk")
def treatment_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a treatment is in place."""
    one = _find_treatment(request, pk)
    return _door(
        request,
        one,
        NoteForm(request.POST or None),
        lambda facts: finish_treatment(
            treatment=one, note=facts["reason"], actor=request.user, at=timezone.now()
        ),
        title=_("The treatment is in place"),
        submit=_("Done"),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def treatment_drop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a treatment will not come."""
    one = _find_treatment(request, pk)
    return _door(
        request,
        one,
        NoteForm(request.POST or None),
        lambda facts: drop_treatment(
            treatment=one, note=facts["reason"], actor=request.user, at=timezone.now()
        ),
        title=_("Drop the treatment"),
        submit=_("Drop"),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def treatment_act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write down one thing to be done so that the treatment comes true."""
    one = _find_treatment(request, pk)
    return _door(
        request,
        one,
        ActionForm(request.POST or None, initial={"owner": one.owner_id, "due_on": one.due_on}),
        lambda facts: add_action(treatment=one, **facts, actor=request.user, at=timezone.now()),
        title=_("An action of the treatment of %(code)s") % {"code": one.risk.code},
        submit=_("Add"),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def action_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what is to be done otherwise: words, owner, day, cost."""
    one = _find_action(request, pk)
    known = {name: getattr(one, name) for name in ("title", "owner", "due_on", "cost")}
    return _door(
        request,
        one,
        ActionForm(request.POST or None, initial=known),
        lambda facts: edit_action(action=one, facts=facts, actor=request.user, at=timezone.now()),
        title=_("What is to be done"),
        submit=_("Save"),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def action_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that an action is done."""
    one = _find_action(request, pk)
    return _door(
        request,
        one,
        WordForm(request.POST or None),
        lambda facts: finish_action(action=one, **facts, actor=request.user, at=timezone.now()),
        title=_("Done: %(action)s") % {"action": one.title},
        submit=_("Done"),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def action_drop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that an action will not be done."""
    one = _find_action(request, pk)
    return _door(
        request,
        one,
        NoteForm(request.POST or None),
        lambda facts: drop_action(
            action=one, note=facts["reason"], actor=request.user, at=timezone.now()
        ),
        title=_("Drop: %(action)s") % {"action": one.title},
        submit=_("Drop"),
    )
