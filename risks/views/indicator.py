"""Key risk indicators: the list, one of them, and the forms that change it."""

from dataclasses import replace
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
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms import IndicatorForm, NoteForm, ValueForm
from risks.models import Indicator, IndicatorStatus, Risk
from risks.selectors.indicators import IndicatorLine, indicator_lines, indicator_page
from risks.services.indicator import (
    edit_indicator,
    introduce_indicator,
    record_value,
    retire_indicator,
)
from risks.views.risk import FORM

INDICATORS = lists.ListSpec(
    name="risks.indicators",
    title=gettext_lazy("Indicators"),
    lead=gettext_lazy("Numbers that move before a risk does; an old value says nothing."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="risks:indicator", args=("code",)),
        lists.text("name", gettext_lazy("Name"), value=lambda row: row.title, sort=True),
        lists.number("value", gettext_lazy("Value"), sort=True),
        lists.template(
            "status",
            gettext_lazy("Status"),
            template="risks/_indicator_cell.html",
            value=lambda row: row.get_status_display(),
            sort=True,
        ),
        lists.template(
            "movement",
            gettext_lazy("Movement"),
            template="risks/_sparkline_cell.html",
            value=lambda row: "",
        ),
        lists.number("watch_at", gettext_lazy("Watch from"), shown=False),
        lists.number("act_at", gettext_lazy("Act from"), sort=True),
        lists.when("measured_at", gettext_lazy("Measured"), sort=True),
        lists.person("owner", gettext_lazy("Owner"), sort="owner__first_name"),
    ),
    filters=(
        lists.choice("status", gettext_lazy("Status"), choices=IndicatorStatus.choices),
        lists.yes_no(
            "live",
            gettext_lazy("Read by itself"),
            apply=lambda rows, yes, ask: (
                rows.exclude(reading="") if yes else rows.filter(reading="")
            ),
        ),
        lists.yes_no(
            "retired",
            gettext_lazy("Retired"),
            apply=lambda rows, yes, ask: rows.filter(retired_at__isnull=not yes),
        ),
    ),
    search=("code", "name", "name_id"),
    default_sort="code",
    default_filters={"retired": ("no",)},
    empty_title=gettext_lazy("No indicators yet"),
    empty_text=gettext_lazy("Watch what moves first: silent sites, overdue reviews, incidents."),
    empty_url="risks:indicator_add",
    empty_label=gettext_lazy("Introduce an indicator"),
)


@require_safe
@needs("risks.view_indicator")
def indicator_list(request: SignedInRequest) -> HttpResponse:
    """The indicators with what they say now."""
    at = timezone.now()
    rows = Indicator.objects.visible_to(request.user).for_list()
    lines: dict[int, IndicatorLine] = {
        line.indicator.pk: line for line in indicator_lines(rows, at=at)
    }
    columns = tuple(
        replace(column, value=lambda row: lines[row.pk])
        if column.key in {"movement", "status"}
        else column
        for column in INDICATORS.columns
    )
    buttons = [{"label": _("Calibration"), "url": reverse("risks:calibration"), "primary": False}]
    if request.user.has_perm("risks.run_indicator"):
        add = {"label": _("Introduce an indicator"), "url": reverse("risks:indicator_add")}
        buttons.append(add | {"primary": True})
    spec = replace(INDICATORS, columns=columns)
    return lists.list_response(request, spec, rows, at=at, extra={"title_buttons": buttons})


def _find(request: SignedInRequest, code: str) -> Indicator:
    visible = Indicator.objects.visible_to(request.user).for_list()
    return get_object_or_404(visible, code=code)


def _page_of(code: str) -> str:
    return reverse("risks:indicator", args=[code])


@require_safe
@needs("risks.view_indicator")
def indicator_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One indicator: its value, its limits, its movement, the risks it warns of."""
    page = indicator_page(_find(request, code), user=request.user, at=timezone.now())
    return render_page(request, "risks/indicator_detail.html", {"page": page})


@require_http_methods(FORM)
@needs("risks.run_indicator")
def indicator_add(request: SignedInRequest) -> HttpResponse:
    """Say what is measured, and by which limits."""

    def run(facts: dict[str, Any]) -> str:
        risks = facts.pop("risks")
        made = introduce_indicator(facts=facts, risks=risks, actor=request.user, at=timezone.now())
        return _page_of(made.code)

    return form_door(
        request,
        IndicatorForm(request.POST or None, user=request.user, initial={"owner": request.user.pk}),
        run=run,
        title=_("Introduce an indicator"),
        submit=_("Introduce"),
        cancel_url=reverse("risks:indicators"),
    )


@require_http_methods(FORM)
@needs("risks.run_indicator")
def indicator_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Correct an indicator."""
    indicator = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        # Risks that this person may not see stay watched.
        seen = Risk.objects.visible_to(request.user).in_force().values("pk")
        risks = [*facts.pop("risks"), *indicator.risks.exclude(pk__in=seen)]
        edit_indicator(
            indicator=indicator, facts=facts, risks=risks, actor=request.user, at=timezone.now()
        )
        return _page_of(code)

    return form_door(
        request,
        IndicatorForm(request.POST or None, user=request.user, instance=indicator),
        run=run,
        title=_("Edit %(code)s") % {"code": code},
        submit=_("Save"),
        cancel_url=_page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.record_value")
def indicator_value(request: SignedInRequest, code: str) -> HttpResponse:
    """Type the value of an indicator."""
    indicator = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        record_value(indicator=indicator, **facts, actor=request.user, at=timezone.now())
        return _page_of(code)

    return form_door(
        request,
        ValueForm(request.POST or None),
        run=run,
        title=_("Value of %(code)s") % {"code": code},
        submit=_("Record"),
        cancel_url=_page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.run_indicator")
def indicator_retire(request: SignedInRequest, code: str) -> HttpResponse:
    """Stop looking at an indicator."""
    indicator = _find(request, code)

    def run(facts: dict[str, Any]) -> str:
        retire_indicator(
            indicator=indicator,
            reason=facts["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return _page_of(code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Retire %(code)s") % {"code": code},
        submit=_("Retire"),
        cancel_url=_page_of(code),
    )
