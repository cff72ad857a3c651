"""The card of one conflict, and the doors of its verbs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.audit.verbs import record_access
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from telemetry.conflicts.card import conflict_card
from telemetry.conflicts.reading import read_case
from telemetry.forms.conflicts import DecideForm, FindingForm, ReasonForm
from telemetry.models import ConflictCase, ConflictDecision
from telemetry.services.conflict_decision import (
    confirm_decision,
    decide_conflict,
    refuse_decision,
    reopen_conflict,
    review_decision,
    take_conflict,
)


def _find(request: SignedInRequest, code: str) -> ConflictCase:
    visible = ConflictCase.objects.visible_to(request.user).select_related("owner", "merged_into")
    return get_object_or_404(visible, code=code)


def _form_error(form: forms.Form) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _run(
    request: SignedInRequest, code: str, form: forms.Form, verb: Callable[..., object], done: str
) -> HttpResponse:
    """Run a verb with what the form says, and go back to the card."""
    if form.is_valid():
        attempt(
            request,
            lambda: verb(actor=request.user, at=timezone.now(), **form.cleaned_data),
            done,
        )
    else:
        messages.error(request, _form_error(form))
    return redirect("telemetry:conflict", code)


@require_safe
@needs("telemetry.see_conflict_values")
def conflict_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """Both sides of a conflict; that somebody read them is noted."""
    case = _find(request, code)
    if request.GET.get("part") != "progress":
        record_access(action="conflict.read", obj=case, actor=request.user, at=timezone.now())
    card = conflict_card(case, user=request.user, take=request.GET.get("take", "rule"))
    context: dict[str, Any] = {"page": card, "at": timezone.now(), "finding": FindingForm()}
    answer = render_page(request, "telemetry/conflict_detail.html", context, parts={"progress"})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs("telemetry.decide_conflict")
def conflict_decide(request: SignedInRequest, code: str) -> HttpResponse:
    """Say what the record shall be."""
    case = _find(request, code)
    form = DecideForm(request.POST, reading=read_case(case))
    return _run(
        request,
        code,
        form,
        lambda **said: decide_conflict(case=case, **said),
        _("Decided."),
    )


@require_POST
@needs("telemetry.decide_conflict")
def conflict_confirm(request: SignedInRequest, code: str) -> HttpResponse:
    """Confirm what another person decided."""
    case = _find(request, code)
    seen = request.POST.get("seen", "")
    attempt(
        request,
        lambda: confirm_decision(
            case=case,
            actor=request.user,
            at=timezone.now(),
            seen=int(seen) if seen.isdecimal() else None,
        ),
        _("Confirmed; it goes to the sites now."),
    )
    return redirect("telemetry:conflict", code)


@require_POST
@needs("telemetry.decide_conflict")
def conflict_refuse(request: SignedInRequest, code: str) -> HttpResponse:
    """Send a proposed decision back."""
    case = _find(request, code)
    form = ReasonForm(request.POST)
    return _run(
        request, code, form, lambda **said: refuse_decision(case=case, **said), _("Sent back.")
    )


@require_POST
@needs("telemetry.decide_conflict")
def conflict_reopen(request: SignedInRequest, code: str) -> HttpResponse:
    """Take a decision back."""
    case = _find(request, code)
    form = ReasonForm(request.POST)
    return _run(
        request, code, form, lambda **said: reopen_conflict(case=case, **said), _("Reopened.")
    )


@require_POST
@needs("telemetry.decide_conflict")
def conflict_take(request: SignedInRequest, code: str) -> HttpResponse:
    """Look after this conflict oneself."""
    case = _find(request, code)
    attempt(request, lambda: take_conflict(case=case, actor=request.user, at=timezone.now()))
    return redirect("telemetry:conflict", code)


@require_POST
@needs("telemetry.decide_conflict")
def conflict_review(request: SignedInRequest, code: str) -> HttpResponse:
    """Say whether a drawn bulk decision was right."""
    case = _find(request, code)
    visible = ConflictDecision.objects.visible_to(request.user).to_review()
    decision = get_object_or_404(visible, case=case)
    form = FindingForm(request.POST)

    def run(finding: str, reason: str, seen: object, **who: Any) -> None:
        review_decision(decision=decision, finding=finding, reason=reason, **who)

    return _run(request, code, form, run, _("Noted."))
