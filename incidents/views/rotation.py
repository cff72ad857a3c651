"""Doors of a rotation: who has the duty, who is next, who stands in."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.policy import RotationForm, TurnForm
from incidents.models import Rotation, Shift
from incidents.selectors.policy_page import rotation_page
from incidents.services.rotation import add_rotation, assign_turns, cancel_shift
from incidents.views.policy_list import SEE, TURN

FORM = ("GET", "HEAD", "POST")


def find_rotation(request: SignedInRequest, pk: int) -> Rotation:
    """The rotation of the address with its turns."""
    return get_object_or_404(Rotation.objects.visible_to(request.user).for_list(), pk=pk)


@require_safe
@needs(SEE)
def rotation(request: SignedInRequest, pk: int) -> HttpResponse:
    """One duty and its turns."""
    page = rotation_page(find_rotation(request, pk), at=timezone.now())
    return render_page(request, "incidents/rotation.html", {"page": page})


@require_http_methods(FORM)
@needs(TURN)
def rotation_add(request: SignedInRequest) -> HttpResponse:
    """Name a duty."""

    def run(facts: dict[str, Any]) -> str:
        row = add_rotation(**facts, actor=request.user, at=timezone.now())
        return reverse("incidents:rotation", args=[row.pk])

    return form_door(
        request,
        RotationForm(request.POST or None),
        run=run,
        title=_("Add a rotation"),
        submit=_("Add"),
        cancel_url=reverse("incidents:rotations"),
    )


@require_http_methods(FORM)
@needs(TURN)
def rotation_turn(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a person a turn, or let them stand in."""
    row = find_rotation(request, pk)

    def run(facts: dict[str, Any]) -> str:
        assign_turns(rotation=row, **facts, actor=request.user, at=timezone.now())
        return reverse("incidents:rotation", args=[pk])

    return form_door(
        request,
        TurnForm(request.POST or None),
        run=run,
        title=_("A turn of “%(name)s”") % {"name": row.name},
        submit=_("Assign"),
        cancel_url=reverse("incidents:rotation", args=[pk]),
    )


@require_POST
@needs(TURN)
def shift_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a turn back."""
    rows = Shift.objects.filter(rotation__in=Rotation.objects.visible_to(request.user))
    shift = get_object_or_404(rows.select_related("rotation", "user"), pk=pk)
    attempt(request, lambda: cancel_shift(shift=shift, actor=request.user, at=timezone.now()))
    return redirect("incidents:rotation", pk=shift.rotation_id)
