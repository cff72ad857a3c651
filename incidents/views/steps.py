"""Ticking, skipping and reopening the steps of a run."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import FailoverPath
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.incident import SkipForm, StepForm, SwitchForm
from incidents.fresh_sign_in import proof_first
from incidents.models import RunStep
from incidents.services.operation_log import stamp_of
from incidents.services.run_step import complete_step, reopen_step, skip_step
from incidents.services.step_switch import switch_by_step


def _step(request: SignedInRequest, pk: int) -> RunStep:
    return get_object_or_404(RunStep.objects.visible_to(request.user).for_list(), pk=pk)


def _back(step: RunStep) -> HttpResponse:
    return redirect("incidents:detail", code=step.phase.run.incident.code)


@require_POST
@needs("incidents.work_incident")
def step_complete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tick a step; one that takes a right asks first who it is."""
    step = _step(request, pk)
    if asked := proof_first(request, step, at=timezone.now()):
        return asked
    form = StepForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        stamp = stamp_of(said.pop("op_id"))
        attempt(
            request,
            lambda: complete_step(
                step=step, actor=request.user, at=timezone.now(), stamp=stamp, **said
            ),
        )
    return _back(step)


@require_POST
@needs("incidents.work_incident")
def step_skip(request: SignedInRequest, pk: int) -> HttpResponse:
    """Leave a step out, and say why."""
    step = _step(request, pk)
    form = SkipForm(request.POST)
    form.full_clean()
    words = form.cleaned_data.get("reason", "")
    stamp = stamp_of(form.cleaned_data.get("op_id"))
    attempt(
        request,
        lambda: skip_step(
            step=step, actor=request.user, at=timezone.now(), reason=words, stamp=stamp
        ),
    )
    return _back(step)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("assets.switch_failover")
def step_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move work along a failover path, as a step asks."""
    step = _step(request, pk)
    if asked := proof_first(request, step, at=timezone.now()):
        return asked
    page = reverse("incidents:detail", args=[step.phase.run.incident.code])
    paths = FailoverPath.objects.visible_to(request.user).for_list().order_by("name")

    def run(told: dict[str, Any]) -> str:
        switch_by_step(step=step, actor=request.user, at=timezone.now(), **told)
        return page

    return form_door(
        request,
        SwitchForm(request.POST or None, paths=paths),
        run=run,
        title=step.said("text"),
        submit=_("Switch"),
        cancel_url=page,
    )


@require_POST
@needs("incidents.work_incident")
def step_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a tick back."""
    step = _step(request, pk)
    attempt(request, lambda: reopen_step(step=step, actor=request.user, at=timezone.now()))
    return _back(step)
