"""The register as of any day, and the difference between two days: page, CSV, XLSX, PDF."""

import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.reports.services.report_file import request_report
from bcp_portal.reports.sheets import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.history import words
from risks.models import RiskCategory, VersionKind
from risks.reports.picture import TITLES, picture_kind, picture_subject
from risks.reports.register import report_subject
from risks.selectors.as_of import Difference, Picture, difference_of, end_of_day, picture_of
from risks.wording import FIELDS, HOW

SHOWN = 500
KINDS = list(TITLES.items())
# Where a code of each kind leads.
PAGES = {
    VersionKind.RISK: "risks:detail",
    VersionKind.CONTROL: "risks:control",
    VersionKind.PLAN: "risks:plan",
    VersionKind.OBJECTIVE: "assets:objective",
}
# What it takes to look at a kind.
LOOK = {
    VersionKind.RISK: "risks.view_risk",
    VersionKind.CONTROL: "risks.view_control",
    VersionKind.PLAN: "risks.view_plan",
    VersionKind.OBJECTIVE: "assets.view_recoverytarget",
}
COLUMNS = {
    VersionKind.RISK: (
        "title", "category", "owner", "business_owner", "status", "inherent", "residual", "target",
        "review_on", "acceptance", "treatments", "controls", "indicators", "assets", "cause",
        "consequence", "unit", "threats", "third_parties",
    ),
    VersionKind.CONTROL: (
        "name", "kind", "nature", "design", "effectiveness", "tested_on", "owner", "withdrawn_on",
        "risks",
    ),
    VersionKind.PLAN: (
        "title", "scenario", "version", "state", "owner", "approved_by", "assets", "playbooks",
    ),
    VersionKind.OBJECTIVE: (
        "name", "rto", "rpo", "mtpd", "wrt", "bears", "own_restore", "backup_every", "signed_by",
        "proposed", "needs", "mbco", "business_owner", "owner",
    ),
}  # fmt: skip

# What a laptop has room for; the files hold every column.
ON_SCREEN = {
    **COLUMNS,
    VersionKind.RISK: (
        "title", "category", "owner", "status", "inherent", "residual", "target", "review_on",
    ),
    VersionKind.OBJECTIVE: COLUMNS[VersionKind.OBJECTIVE][:11],
}  # fmt: skip


class AsOfForm(forms.Form):
    """A day, and perhaps a later one to compare with."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=KINDS, required=False)
    on = forms.DateField(
        label=gettext_lazy("As of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Compared with"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_safe
@needs("risks.view_risk")
def as_of(request: SignedInRequest) -> HttpResponse:
    """What the register said at the end of a day; with a second day, what became of it."""
    now = timezone.now()
    form = AsOfForm(request.GET)
    kind, first, last = _asked(request, form)
    picture = picture_of(kind, end_of_day(first, now), user=request.user)
    difference = None
    if last is not None:
        later = picture_of(kind, end_of_day(last, now), user=request.user)
        difference = difference_of(picture, later)
    if request.GET.get("export") in ("csv", "xlsx"):
        return _export(request.GET["export"], kind, picture, difference, first, last)
    called = {one.code: str(one) for one in RiskCategory.objects.all()}
    context = {
        "form": AsOfForm(initial={"kind": kind, "on": first, "until": last}),
        "wrong": form.errors,
        "kind": kind,
        "title": TITLES[kind],
        "page_of": PAGES[kind],
        "on": first,
        "until": last,
        "picture": picture,
        "rows": [_shown(row.facts, row, kind, called) for row in picture.in_force[:SHOWN]],
        "heads": [FIELDS.get(name, name) for name in ON_SCREEN[VersionKind(kind)]],
        "more": max(0, len(picture.in_force) - SHOWN),
        "difference": difference,
        "changed": [
            {
                "row": row,
                "how": HOW[row.how],
                "fields": [(FIELDS.get(f.field, f.field), f.before, f.after) for f in row.fields],
            }
            for row in (difference.changed if difference else [])[:SHOWN]
        ],
        "query": request.GET.urlencode(),
        "may_print": may_print(request),
    }
    return render_page(request, "risks/as_of.html", context)


def _asked(request: SignedInRequest, form: AsOfForm) -> tuple[VersionKind, date, date | None]:
    """Which kind, and the earlier of the days first; what cannot be read is left out."""
    asked = form.cleaned_data if form.is_valid() else {}
    kind = VersionKind(asked.get("kind") or VersionKind.RISK)
    if not request.user.has_perm(LOOK[kind]):
        raise PermissionDenied
    on = asked.get("on") or timezone.localdate()
    until: date | None = asked.get("until")
    return (kind, on, until) if until is None or on <= until else (kind, until, on)


def may_print(request: SignedInRequest) -> bool:
    """The paper shows the whole register, so only who sees all of it may ask for it."""
    return request.user.has_perm("assets.view_every_site")


def _shown(facts: Any, row: Any, kind: str, called: Mapping[str, str]) -> dict[str, Any]:
    told = {name: words(facts, name) for name in ON_SCREEN[VersionKind(kind)]}
    if told.get("category") in called:
        told["category"] = called[told["category"]]
    return {"row": row, "cells": list(told.values())}


def _export(
    ending: str,
    kind: str,
    picture: Picture,
    difference: Difference | None,
    first: date,
    last: date | None,
) -> HttpResponse:
    file = io.BytesIO()
    heads, rows = _changes(difference) if difference else _rows(kind, picture)
    if ending == "csv":
        write_csv(file, heads, rows)
    else:
        write_xlsx(file, heads, rows, title=str(first))
    name = f"register-{kind}-{first}{f'-{last}' if last else ''}.{ending}"
    content_type = CSV_TYPE if ending == "csv" else XLSX_TYPE
    response = HttpResponse(file.getvalue(), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(kind: str, picture: Picture) -> tuple[list[str], Iterator[list[Any]]]:
    names = COLUMNS[VersionKind(kind)]
    heads = [_("Code"), *(str(FIELDS.get(name, name)) for name in names), _("So since")]
    rows = (
        [row.code, *(_typed(row.facts, name) for name in names), row.recorded_at]
        for row in picture.in_force
    )
    return heads, rows


def _typed(facts: Any, name: str) -> Any:
    value = facts.get(name)
    return date.fromisoformat(value) if name == "review_on" and value else words(facts, name)


def _changes(difference: Difference) -> tuple[list[str], Iterator[list[Any]]]:
    heads = [
        _("Code"), _("Title"), _("Change"), _("Field"), _("Before"), _("After"), _("Who and why"),
    ]  # fmt: skip
    rows = (
        [
            row.code,
            row.title,
            str(HOW[row.how]),
            str(FIELDS.get(field.field, field.field)),
            field.before,
            field.after,
            "; ".join(f"{s.at:%Y-%m-%d} {s.actor}: {s.action} {s.reason}" for s in row.steps),
        ]
        for row in difference.changed
        for field in row.fields
    )
    return heads, rows


@require_POST
@needs("assets.view_every_site")
def register_report(request: SignedInRequest) -> HttpResponse:
    """Ask for the register of a day, or for what changed between two, on paper."""
    now = timezone.now()
    kind, first, last = _asked(request, AsOfForm(request.POST))
    moment, days = end_of_day(first, now), first.isoformat()
    if kind == VersionKind.RISK and last is None:
        name, subject = "register", report_subject(moment)
        title = _("Risk register as of %s") % days
    else:
        name = picture_kind(kind)
        subject = picture_subject(moment, end_of_day(last, now) if last else None)
        days = f"{days}–{last.isoformat()}" if last else days
        title = f"{TITLES[kind]}, {days}"
    report = request_report(
        kind=name,
        title=title,
        subject_kind="register",
        subject_id=subject,
        subject_code=f"{name.removeprefix('picture-').upper()}-{days}",
        language=(get_language() or "en")[:2],
        actor=request.user,
        at=now,
    )
    return redirect("reports:detail", uid=report.uid)
