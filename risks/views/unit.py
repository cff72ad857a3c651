"""The organisational units, what judges them, and how much risk is lived with where."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assets.models import Unit
from assets.services.unit import dissolve_unit
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms import NoteForm
from risks.forms.unit import AppetiteForm, UnitForm
from risks.models import Appetite
from risks.selectors.matrix import family_names, scales_in_force
from risks.selectors.units import units_page
from risks.services.unit import change_unit, end_appetite, open_unit, set_appetite
from risks.views.risk import FORM


@require_safe
@needs("risks.view_riskmatrix")
def units(request: SignedInRequest) -> HttpResponse:
    """Each unit with how it stands, and what may be lived with where."""
    page = units_page(request.user)
    file = lists.table_response(
        request,
        "risks.units",
        _("Units"),
        [
            _("Code"), _("Unit"), _("Judged by"), _("Risks"), _("Above appetite"), _("Unrated"),
            _("Assets"),
        ],
        lambda: [
            [
                one.unit.code if one.unit else "",
                str(one.unit or _("Unknown")),
                one.judged_by,
                one.risks,
                one.above,
                one.unrated,
                one.assets,
            ]
            for one in page.units
        ],
        at=timezone.now(),
    )  # fmt: skip
    return file or render_page(request, "risks/units.html", {"page": page})


@require_http_methods(FORM)
@needs("assets.run_unit")
def unit_add(request: SignedInRequest) -> HttpResponse:
    """Name a part of the organisation."""

    def run(facts: dict[str, Any]) -> str:
        code, family = facts.pop("code"), facts.pop("matrix_family")
        open_unit(
            code=code, facts=facts, matrix_family=family, actor=request.user, at=timezone.now()
        )
        return reverse("risks:units")

    return form_door(
        request,
        UnitForm(request.POST or None, families=family_names()),
        run=run,
        title=_("A new unit"),
        submit=_("Add"),
        cancel_url=reverse("risks:units"),
    )


def _find(request: SignedInRequest, code: str) -> Unit:
    rows = Unit.objects.visible_to(request.user).in_use().select_related("judged_by")
    return get_object_or_404(rows, code=code)


@require_http_methods(FORM)
@needs("assets.run_unit")
def unit_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Rename a unit, or judge its risks by another matrix."""
    unit = _find(request, code)
    stance = getattr(unit, "judged_by", None)

    def run(facts: dict[str, Any]) -> str:
        family, reason = facts.pop("matrix_family"), facts.pop("reason")
        again = change_unit(
            unit=unit,
            facts=facts,
            matrix_family=family,
            reason=reason,
            actor=request.user,
            at=timezone.now(),
        )
        _say(request, again)
        return reverse("risks:units")

    return form_door(
        request,
        UnitForm(
            request.POST or None,
            families=family_names(),
            instance=_find(request, code),
            initial={"matrix_family": stance.matrix_family if stance else ""},
        ),
        run=run,
        title=_("Unit %(name)s") % {"name": unit},
        submit=_("Save"),
        cancel_url=reverse("risks:units"),
    )


def _say(request: SignedInRequest, again: int) -> None:
    if again:
        text = ngettext(
            "%d risk has to be judged again; its old judgement stays as it was.",
            "%d risks have to be judged again; their old judgements stay as they were.",
            again,
        )
        messages.info(request, text % again)


@require_http_methods(FORM)
@needs("assets.run_unit")
def unit_dissolve(request: SignedInRequest, code: str) -> HttpResponse:
    """Offer a unit no more."""
    unit = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        at = timezone.now()
        dissolve_unit(unit=unit, reason=facts["reason"], on=at.date(), actor=request.user, at=at)
        return reverse("risks:units")

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Dissolve %(name)s") % {"name": unit},
        submit=_("Dissolve"),
        cancel_url=reverse("risks:units"),
    )


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def appetite_set(request: SignedInRequest) -> HttpResponse:
    """Say what a unit, a category or both may live with."""

    def run(facts: dict[str, Any]) -> str:
        set_appetite(**facts, actor=request.user, at=timezone.now())
        return reverse("risks:units")

    return form_door(
        request,
        AppetiteForm(request.POST or None, levels=scales_in_force().words()),
        run=run,
        title=_("Set an appetite"),
        submit=_("Set"),
        cancel_url=reverse("risks:units"),
    )


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def appetite_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the next wider word hold again."""
    appetite = get_object_or_404(Appetite.objects.standing(), pk=pk)

    def run(facts: dict[str, Any]) -> str:
        end_appetite(
            appetite=appetite, reason=facts["reason"], actor=request.user, at=timezone.now()
        )
        return reverse("risks:units")

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("End this appetite"),
        submit=_("End it"),
        cancel_url=reverse("risks:units"),
    )
