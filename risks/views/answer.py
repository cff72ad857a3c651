"""What is done about a risk: treatments, controls, acceptances."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import AcceptForm, ApplyControlForm, NoteForm, TreatmentForm
from risks.models import Acceptance, Risk, Treatment
from risks.services.acceptance import accept_risk, withdraw_acceptance
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
    risks = Risk.objects.visible_to(request.user)
    treatment = get_object_or_404(Treatment.objects.filter(risk__in=risks), pk=pk)
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


@require_http_methods(FORM)
@needs("risks.accept_risk")
def risk_accept(request: SignedInRequest, code: str) -> HttpResponse:
    """Live with a risk until a date, in one's own name."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        accept_risk(risk=risk, **facts, actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        AcceptForm(request.POST or None),
        run=run,
        title=_("Accept %(code)s") % {"code": code},
        submit=_("Accept in my name"),
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.accept_risk")
def acceptance_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """End an acceptance before its date."""
    visible = Acceptance.objects.visible_to(request.user).for_list()
    acceptance = get_object_or_404(visible, pk=pk)
    code = acceptance.risk.code

    def run(facts: dict[str, Any]) -> str:
        withdraw_acceptance(
            acceptance=acceptance, reason=facts["reason"], actor=request.user, at=timezone.now()
        )
        return page_of(code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("End the acceptance of %(code)s") % {"code": code},
        submit=_("End it"),
        cancel_url=page_of(code),
    )


ACCEPTANCES = lists.ListSpec(
    name="risks.acceptances",
    title=gettext_lazy("Acceptances"),
    lead=gettext_lazy("Who lives with which risk, and until when."),
    columns=(
        lists.code(
            "code",
            gettext_lazy("Risk"),
            value=lambda row: row.risk.code,
            url="risks:detail",
            args=("risk.code",),
            sort="risk__code",
        ),
        lists.text("title", gettext_lazy("Title"), value=lambda row: row.risk.title),
        lists.person("accepted_by", gettext_lazy("Accepted by"), sort="accepted_by__first_name"),
        lists.when("accepted_at", gettext_lazy("Accepted at"), sort=True),
        lists.when("expires_on", gettext_lazy("Expires on"), sort=True),
        lists.when("ended_at", gettext_lazy("Ended at"), sort=True),
        lists.text("reason", gettext_lazy("Reason")),
    ),
    filters=(
        lists.yes_no(
            "standing",
            gettext_lazy("Standing"),
            apply=lambda rows, yes, ask: rows.filter(ended_at__isnull=yes),
        ),
        lists.dates("expires_on", gettext_lazy("Expires on")),
    ),
    search=("risk__code", "risk__title", "reason"),
    default_sort="expires_on",
    default_filters={"standing": ("yes",)},
    empty_title=gettext_lazy("No acceptances"),
    empty_text=gettext_lazy("A risk is accepted on its own page, with a reason and an end."),
    empty_url="risks:register",
    empty_label=gettext_lazy("To the register"),
)


@require_safe
@needs("risks.view_acceptance")
def acceptance_list(request: SignedInRequest) -> HttpResponse:
    """Who lives with which risk, and until when."""
    rows = Acceptance.objects.visible_to(request.user).for_list()
    return lists.list_response(
        request, ACCEPTANCES, rows, at=timezone.now(), extra={"register": reverse("risks:register")}
    )
