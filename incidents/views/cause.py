"""Doors of the tree of causes: forms that post and come back to the review."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.cause import CauseForm, EvidenceForm
from incidents.models import Cause, Review
from incidents.services.cause import add_cause, change_cause, cite_evidence, remove_cause

WRITE = "incidents.change_review"


@require_POST
@needs(WRITE)
def cause_add(request: SignedInRequest, code: str) -> HttpResponse:
    """Say what led to it, or to the cause above."""
    visible = Review.objects.visible_to(request.user)
    review = get_object_or_404(visible, incident__code=code)
    form = CauseForm(request.POST, review=review)
    return _done(request, code, form, lambda said: add_cause(
        review=review, actor=request.user, at=timezone.now(), **said
    ))  # fmt: skip


@require_POST
@needs(WRITE)
def cause_change(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Word a cause anew."""
    cause = _cause(request, code, pk)
    form = CauseForm(request.POST, review=cause.review)
    return _done(request, code, form, lambda said: change_cause(
        cause=cause, text=said["text"], kind=said["kind"], actor=request.user, at=timezone.now()
    ))  # fmt: skip


@require_POST
@needs(WRITE)
def cause_cite(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Name what shows it."""
    cause = _cause(request, code, pk)
    form = EvidenceForm(request.POST, review=cause.review)
    return _done(request, code, form, lambda said: cite_evidence(
        cause=cause, actor=request.user, at=timezone.now(), **said
    ))  # fmt: skip


@require_POST
@needs(WRITE)
def cause_remove(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Take a cause away, with what lies under it."""
    cause = _cause(request, code, pk)
    attempt(request, lambda: remove_cause(cause=cause, actor=request.user, at=timezone.now()))
    return _back(code)


def _cause(request: SignedInRequest, code: str, pk: int) -> Cause:
    visible = Cause.objects.visible_to(request.user).select_related("review__incident", "parent")
    return get_object_or_404(visible, pk=pk, review__incident__code=code)


def _done(
    request: SignedInRequest, code: str, form: Any, run: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    if form.is_valid():
        attempt(request, lambda: run(form.cleaned_data))
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
    return _back(code)


def _back(code: str) -> HttpResponse:
    return redirect(f"{reverse('incidents:review', args=[code])}#causes")
