"""Doors of a policy: its page, its editor with the question who would be called, its end."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.incident import ReasonForm
from incidents.forms.policy import BaseLevels, LevelSet, PolicyForm, levels_of
from incidents.models import EscalationPolicy
from incidents.selectors.duty import DutyReport, who_would_be_called
from incidents.selectors.policy_page import callable_people, known_rotations, policy_page
from incidents.services.policy import retire_policy, save_policy, try_policy
from incidents.views.policy_list import CHANGE, SEE

FORM = ("GET", "HEAD", "POST")


def find_policy(request: SignedInRequest, pk: int) -> EscalationPolicy:
    """The policy of the address, with everything that deciding whom to call needs."""
    return get_object_or_404(EscalationPolicy.objects.visible_to(request.user).for_detail(), pk=pk)


@require_safe
@needs(SEE)
def policy(request: SignedInRequest, pk: int) -> HttpResponse:
    """One policy: whom it would call right now, what uses it, who changed it."""
    page = policy_page(find_policy(request, pk), at=timezone.now())
    return render_page(request, "incidents/policy.html", {"page": page})


@require_http_methods(FORM)
@needs(CHANGE)
def policy_add(request: SignedInRequest) -> HttpResponse:
    """Define a policy."""
    return _editor(request, None)


@require_http_methods(FORM)
@needs(CHANGE)
def policy_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a policy; what is being carried out keeps the one it began with."""
    return _editor(request, find_policy(request, pk))


@require_http_methods(FORM)
@needs(CHANGE)
def policy_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a policy out of use."""
    row = find_policy(request, pk)

    def run(facts: dict[str, Any]) -> str:
        retire_policy(policy=row, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:policies")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Retire “%(name)s”") % {"name": row.name},
        submit=_("Retire"),
        cancel_url=reverse("incidents:policy", args=[pk]),
    )


def _editor(request: SignedInRequest, row: EscalationPolicy | None) -> HttpResponse:
    people = callable_people()
    known = {"people": people, "rotations": known_rotations()}
    sent = request.POST or None
    form = PolicyForm(sent, people=people, initial=_facts_of(row))
    levels: Any = LevelSet(sent, initial=levels_of(row), prefix="level", form_kwargs=known)
    report = who_would_be_called(row, at=timezone.now()) if row else None
    if sent and form.is_valid() and levels.is_valid():
        try:
            report = _ask(form, levels, row)
            if _is_to_be_saved(request, report):
                return redirect("incidents:policy", pk=_save(request, form, levels, row).pk)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    context = {
        "form": form,
        "levels": levels,
        "report": report,
        "policy": row,
        "asked": bool(sent) and "check" in request.POST,
        "back": reverse("incidents:policy", args=[row.pk])
        if row
        else reverse("incidents:policies"),
    }
    wrong = bool(form.errors) or (bool(sent) and not levels.is_valid())
    return render_page(request, "incidents/policy_edit.html", context, status=422 if wrong else 200)


def _is_to_be_saved(request: SignedInRequest, report: DutyReport) -> bool:
    """Whether to go on: not if somebody only asked, and not past a problem nobody has seen yet."""
    if "check" in request.POST:
        return False
    reaches = any(rung.reaches_somebody for rung in report.rungs)
    # What reaches nobody goes on to the verb, which refuses it with a sentence.
    return report.is_sound or not reaches or "anyway" in request.POST


def _ask(form: PolicyForm, levels: BaseLevels, row: EscalationPolicy | None) -> DutyReport:
    said = form.plan()
    return try_policy(
        name=said["name"],
        fallback=said["fallback"],
        levels=levels.plans(),
        policy=row,
        at=timezone.now(),
    )


def _save(
    request: SignedInRequest, form: PolicyForm, levels: BaseLevels, row: EscalationPolicy | None
) -> EscalationPolicy:
    return save_policy(
        **form.plan(),
        levels=levels.plans(),
        policy=row,
        actor=request.user,
        at=timezone.now(),
    )


def _facts_of(row: EscalationPolicy | None) -> dict[str, Any]:
    if row is None:
        standing = EscalationPolicy.objects.filter(is_default=True, retired_at=None)
        return {"is_default": not standing.exists()}
    return {
        "name": row.name,
        "description": row.description,
        "fallback": row.fallback_id,
        "repeat_count": row.repeat_count,
        "is_default": row.is_default,
    }
