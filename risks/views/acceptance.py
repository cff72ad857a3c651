"""Acceptances: asked for, given or refused by another, ended."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from risks.forms import AcceptForm, NoteForm
from risks.models import Acceptance
from risks.services.acceptance import (
    approve_acceptance,
    ask_acceptance,
    refuse_acceptance,
    withdraw_acceptance,
)
from risks.views.risk import FORM, find_risk, page_of

STATES: dict[str, dict[str, Any]] = {
    "waiting": {"ended_at": None, "accepted_at": None},
    "standing": {"ended_at": None, "accepted_at__isnull": False},
    "ended": {"ended_at__isnull": False, "accepted_at__isnull": False},
    "refused": {"ended_at__isnull": False, "accepted_at": None},
}
STATE_WORDS = {
    "waiting": gettext_lazy("Waiting"),
    "standing": gettext_lazy("Standing"),
    "ended": gettext_lazy("Ended"),
    "refused": gettext_lazy("Refused"),
}


@require_http_methods(FORM)
@needs("risks.run_risk")
def risk_accept(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask somebody else to live with a risk until a date or a tripwire."""
    risk = find_risk(request, code)
    form = AcceptForm(request.POST or None, user=request.user)

    def run(_facts: dict[str, Any]) -> str:
        ask_acceptance(risk=risk, **form.facts(), actor=request.user, at=timezone.now())
        return page_of(code)

    return form_door(
        request,
        form,
        run=run,
        title=_("Ask to accept %(code)s") % {"code": code},
        submit=_("Ask"),
        cancel_url=page_of(code),
    )


def _find(request: SignedInRequest, pk: int) -> Acceptance:
    visible = Acceptance.objects.visible_to(request.user).for_list()
    return get_object_or_404(visible, pk=pk)


def _with_reason(
    request: SignedInRequest, acceptance: Acceptance, verb: Any, title: str, submit: str
) -> HttpResponse:
    def run(facts: dict[str, Any]) -> str:
        verb(
            acceptance=acceptance,
            reason=facts["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return page_of(acceptance.risk.code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=title % {"code": acceptance.risk.code},
        submit=submit,
        cancel_url=page_of(acceptance.risk.code),
    )


@require_POST
@needs("risks.accept_risk")
def acceptance_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Live with a risk in one's own name."""
    acceptance = _find(request, pk)
    attempt(
        request,
        lambda: approve_acceptance(acceptance=acceptance, actor=request.user, at=timezone.now()),
        _("Accepted in your name."),
    )
    return redirect(page_of(acceptance.risk.code))


@require_http_methods(FORM)
@needs("risks.accept_risk")
def acceptance_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that this risk is not accepted."""
    title = _("Why is %(code)s not accepted?")
    return _with_reason(request, _find(request, pk), refuse_acceptance, title, _("Refuse"))


@require_http_methods(FORM)
@needs("risks.accept_risk")
def acceptance_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """End an acceptance before its date."""
    title = _("End the acceptance of %(code)s")
    return _with_reason(request, _find(request, pk), withdraw_acceptance, title, _("End it"))


def _state(rows: Any, words: list[str], ask: lists.Ask) -> Any:
    found = rows.none()
    for word in words:
        found = found | rows.filter(**STATES[word])
    return found


def _wires(row: Acceptance) -> str:
    said = []
    for wire in row.tripwires.all():
        what = wire.indicator.code if wire.indicator else ""
        if wire.kind == "incidents":
            what = _("%d incidents") % (wire.count or 0)
        said.append(what or wire.get_kind_display())
    return ", ".join(said)


ACCEPTANCES = lists.ListSpec(
    name="risks.acceptances",
    title=gettext_lazy("Acceptances"),
    lead=gettext_lazy(
        "Who lives with which risk, until when, and what ends it before. "
        "Whoever asks cannot give the name."
    ),
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
        lists.template(
            "state",
            gettext_lazy("State"),
            template="risks/_acceptance_state.html",
            value=lambda row: str(STATE_WORDS[row.state]),
        ),
        lists.person("asked_by", gettext_lazy("Asked by"), sort="asked_by__first_name"),
        lists.person(
            "approver",
            gettext_lazy("Approver"),
            value=lambda row: row.accepted_by or row.approver,
        ),
        lists.when("accepted_at", gettext_lazy("Accepted at"), sort=True),
        lists.when("expires_on", gettext_lazy("Expires on"), sort=True),
        lists.text("tripwires", gettext_lazy("Tripwires"), value=_wires),
        lists.when("ended_at", gettext_lazy("Ended at"), sort=True, shown=False),
        lists.text(
            "ended_because",
            gettext_lazy("Ended because"),
            value=lambda row: _(row.ended_because) if row.ended_because else "",
            shown=False,
        ),
        lists.text("reason", gettext_lazy("Reason")),
    ),
    filters=(
        lists.choice(
            "state", gettext_lazy("State"), choices=list(STATE_WORDS.items()), apply=_state
        ),
        lists.yes_no(
            "mine",
            gettext_lazy("Mine to decide"),
            apply=lambda rows, yes, ask: (
                rows.filter(approver=ask.user) if yes else rows.exclude(approver=ask.user)
            ),
        ),
        lists.dates("expires_on", gettext_lazy("Expires on")),
    ),
    search=("risk__code", "risk__title", "reason"),
    default_sort="expires_on",
    default_filters={"state": ("waiting", "standing")},
    empty_title=gettext_lazy("No acceptances"),
    empty_text=gettext_lazy("Acceptance is asked for on the page of a risk."),
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
