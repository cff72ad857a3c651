"""Doors of the playbook editor: the outline, its forms, and what moves or removes a line."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.playbook import (
    AboutForm,
    PhaseForm,
    StepEditForm,
    about_initial,
    phase_initial,
    step_initial,
)
from incidents.models import Playbook, PlaybookVersion, VersionStatus
from incidents.playbooks import edit
from incidents.playbooks.edit import Change, PlanEditError
from incidents.playbooks.plan import PlaybookPlan
from incidents.selectors.playbook_draft import EditorPage, editor_page
from incidents.services.playbook_draft import edit_draft, start_draft

CHANGE = "incidents.change_playbook"


def find_draft(request: SignedInRequest, code: str) -> PlaybookVersion:
    """The draft of a playbook; 404 when there is none."""
    drafts = PlaybookVersion.objects.select_related("playbook").filter(
        playbook__in=Playbook.objects.visible_to(request.user), status=VersionStatus.DRAFT
    )
    return get_object_or_404(drafts, playbook__code=code)


@require_POST
@needs(CHANGE)
def playbook_draft(request: SignedInRequest, code: str) -> HttpResponse:
    """Begin a draft, or go on with the one that stands."""
    playbook = get_object_or_404(Playbook.objects.visible_to(request.user), code=code)
    start_draft(playbook=playbook, actor=request.user, at=timezone.now())
    return redirect("incidents:playbook_edit", code=code)


@require_http_methods(("GET", "HEAD", "POST"))
@needs(CHANGE)
def playbook_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """The outline of a draft, and the form of what is chosen in it."""
    version = find_draft(request, code)
    page = editor_page(version, at=timezone.now())
    form, change, anchor = _chosen(request, page)
    if form is not None and request.method == "POST" and form.is_valid():
        seen = str(form.cleaned_data.get("seen") or "")
        try:
            edit_draft(
                version=version, change=change, actor=request.user, at=timezone.now(), seen=seen
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            # What was typed may now be sent once more, upon the newest content.
            form.data = {**request.POST.dict(), "seen": page.seen}
        else:
            messages.success(request, _("Saved in the draft."))
            return redirect(f"{reverse('incidents:playbook_edit', args=[code])}#{anchor}")
    wrong = form is not None and bool(form.errors)
    context = {"page": page, "form": form, "what": request.GET.get("what", "")}
    return render_page(
        request,
        "incidents/playbook_edit.html",
        context,
        parts={"outline"},
        status=422 if wrong else 200,
    )


@require_POST
@needs(CHANGE)
def playbook_arrange(request: SignedInRequest, code: str) -> HttpResponse:
    """Move or remove a step or a phase."""
    version = find_draft(request, code)
    ask = request.POST
    change = _ARRANGE.get(ask.get("do", ""))
    if change is None:
        raise Http404
    attempt(
        request,
        lambda: edit_draft(
            version=version, change=partial(change, ask=ask), actor=request.user, at=timezone.now()
        ),
    )
    if ask.get("part") == "outline":
        return redirect(f"{reverse('incidents:playbook_edit', args=[code])}?part=outline")
    anchor = f"step-{ask.get('key', '')}" if ask.get("key") else "outline"
    return redirect(f"{reverse('incidents:playbook_edit', args=[code])}#{anchor}")


def _chosen(request: SignedInRequest, page: EditorPage) -> tuple[forms.Form | None, Change, str]:
    """The form that the address asks for, what it would change, and where to go afterwards."""
    what, sent = request.GET.get("what", ""), request.POST or None
    if what == "step":
        return _step_form(page, request.GET.get("key", ""), sent)
    if what == "add":
        return _add_form(page, _number(request.GET.get("phase")), sent)
    if what == "phase":
        return _phase_form(page, request.GET.get("number", ""), sent)
    if what == "about":
        about = AboutForm(sent, initial=about_initial(page.plan))
        return about, about.changed, "outline"
    return None, lambda plan: plan, "outline"


def _step_form(page: EditorPage, key: str, sent: Any) -> tuple[forms.Form, Change, str]:
    try:
        phase, place = edit.find_step(page.plan, key)
    except PlanEditError as gone:
        raise Http404 from gone
    step = page.plan.phases[phase].steps[place]
    form = StepEditForm(
        sent, plan=page.plan, old=step, initial=step_initial(step, phase=phase, seen=page.seen)
    )

    def change(plan: PlaybookPlan) -> PlaybookPlan:
        return edit.change_step(plan, key=key, phase=form.cleaned_data["phase"], step=form.plan())

    return form, change, f"step-{key}"


def _add_form(page: EditorPage, phase: int, sent: Any) -> tuple[forms.Form, Change, str]:
    form = StepEditForm(sent, plan=page.plan, old=None, initial={"phase": phase})

    def change(plan: PlaybookPlan) -> PlaybookPlan:
        return edit.add_step(plan, phase=form.cleaned_data["phase"], step=form.plan())

    return form, change, f"phase-{phase}"


def _phase_form(page: EditorPage, number: str, sent: Any) -> tuple[forms.Form, Change, str]:
    at = _number(number)
    known = 0 <= at < len(page.plan.phases) and number != ""
    old = page.plan.phases[at] if known else None
    form = PhaseForm(sent, policies=page.policies, initial=phase_initial(old) if old else {})

    def change(plan: PlaybookPlan) -> PlaybookPlan:
        if old is None:
            return edit.add_phase(plan, phase=form.plan(None))
        return edit.change_phase(plan, number=at, phase=form.plan(old))

    return form, change, f"phase-{at}"


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 5 else 0


def _nudge(plan: PlaybookPlan, *, ask: Any) -> PlaybookPlan:
    return edit.nudge_step(plan, key=ask.get("key", ""), by=-1 if ask.get("do") == "up" else 1)


def _place(plan: PlaybookPlan, *, ask: Any) -> PlaybookPlan:
    return edit.move_step(
        plan,
        key=ask.get("key", ""),
        phase=_number(ask.get("phase")),
        place=_number(ask.get("place")),
    )


def _remove(plan: PlaybookPlan, *, ask: Any) -> PlaybookPlan:
    return edit.remove_step(plan, key=ask.get("key", ""))


def _nudge_phase(plan: PlaybookPlan, *, ask: Any) -> PlaybookPlan:
    by = -1 if ask.get("do") == "phase-up" else 1
    return edit.nudge_phase(plan, number=_number(ask.get("number")), by=by)


def _remove_phase(plan: PlaybookPlan, *, ask: Any) -> PlaybookPlan:
    return edit.remove_phase(plan, number=_number(ask.get("number")))


_ARRANGE: dict[str, Callable[..., PlaybookPlan]] = {
    "up": _nudge,
    "down": _nudge,
    "place": _place,
    "remove": _remove,
    "phase-up": _nudge_phase,
    "phase-down": _nudge_phase,
    "phase-remove": _remove_phase,
}
