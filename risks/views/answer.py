"""What is done about a risk: treatments and controls."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import ApplyControlForm, NoteForm, TreatmentForm
from risks.models import Treatment
from risks.services.control import apply_control
from risks.services.treatment import decide_treatment, drop_treatment, finish_treatment
from risks.views.risk import FORM, find_risk, page_of


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


def _end_treatment(
    request: SignedInRequest, pk: int, verb: Any, title: str, submit: str
) -> HttpResponse:
    treatment = get_object_or_404(Treatment.objects.visible_to(request.user), pk=pk)
    code = treatment.risk.code

    def run(facts: dict[str, Any]) -> str:
        verb(treatment=treatment, note=facts["reason"], actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=title,
        submit=submit,
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.run_risk")
def treatment_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a treatment is in place."""
    return _end_treatment(request, pk, finish_treatment, _("The treatment is in place"), _("Done"))


@require_http_methods(FORM)
@needs("risks.run_risk")
def treatment_drop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a treatment will not come."""
    return _end_treatment(request, pk, drop_treatment, _("Drop the treatment"), _("Drop"))


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_control(request: SignedInRequest, code: str) -> HttpResponse:
    """Say which control holds down this risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        apply_control(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        ApplyControlForm(request.POST or None, risk=risk),
        run=run,
        title=_("What holds %(code)s down?") % {"code": code},
        submit=_("Link"),
        cancel_url=page_of(code),
    )
