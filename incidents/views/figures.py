"""Doors of looking back over many incidents: the figures, and how to take them along."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.models import Asset
from bcp_portal.reports.sheets import write_csv, write_xlsx
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.communication import MergeForm, SplitForm
from incidents.models import Alert, Incident
from incidents.selectors.analytics import Analytics, Times, analytics
from incidents.selectors.similar import similar_incidents
from incidents.services.split import split_incident
from incidents.services.verdict import merge_incident


@require_safe
@needs("incidents.view_incident")
def figures(request: SignedInRequest) -> HttpResponse:
    """A year of incidents in figures."""
    page = analytics(request.user, at=timezone.now())
    return render_page(request, "incidents/figures.html", {"page": page})


@require_safe
@needs("incidents.view_incident")
def figures_csv(request: SignedInRequest) -> HttpResponse:
    """The same as a table: one row for each month, cause, site, asset and person."""
    page = analytics(request.user, at=timezone.now())
    file = BytesIO()
    write_csv(file, _heads(), _table(page))
    return _sheet(file, "text/csv; charset=utf-8", "csv")


@require_safe
@needs("incidents.view_incident")
def figures_xlsx(request: SignedInRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    page = analytics(request.user, at=timezone.now())
    file = BytesIO()
    write_xlsx(file, _heads(), _table(page), title=_("Incidents in figures"))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _sheet(file, kind, "xlsx")


def _sheet(file: BytesIO, kind: str, ending: str) -> HttpResponse:
    answer = HttpResponse(file.getvalue(), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="incident-figures.{ending}"'
    return answer


def _heads() -> list[str]:
    return [
        _("Cut"), _("What"), _("Incidents"), _("Detect (s)"), _("Answer (s)"), _("Contain (s)"),
        _("Recover (s)"), _("Calls"), _("Answered"), _("At night"),
    ]  # fmt: skip


def _table(page: Analytics) -> Iterator[list[Any]]:
    cuts = [(_("Total"), [page.total]), (_("By month"), page.months)]
    cuts += [(group.title, group.rows) for group in page.groups]
    for title, rows in cuts:
        for row in rows:
            yield [*_row(title, row), None, None]
    for load in page.people:
        spans = [None] * 5
        yield [_("By person"), load.name, *spans, load.calls, load.answered, load.at_night]
        for cause, calls in load.causes:
            yield [_("By person and cause"), f"{load.name}: {cause}", *spans, calls, None, None]


def _row(title: str, row: Times) -> list[object]:
    spans = (row.detect, row.acknowledge, row.contain, row.recover)
    seconds = [round(span.total_seconds()) if span is not None else None for span in spans]
    return [title, row.label, row.incidents, *seconds, row.calls]


@require_safe
@needs("incidents.view_incident")
def similar(request: SignedInRequest, code: str) -> HttpResponse:
    """Past incidents that resemble this one, as a part of its page."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    rows = similar_incidents(incident, request.user)
    return render_page(request, "incidents/_similar.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.run_incident")
def merge_into(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that this one is a part of another."""
    visible = Incident.objects.visible_to(request.user)
    incident = get_object_or_404(visible, code=code)
    others = visible.open().filter(mode=incident.mode).exclude(pk=incident.pk)
    form = MergeForm(request.POST or None, others=others.order_by("-number"))

    def run(facts: dict[str, Any]) -> str:
        target = merge_incident(incident=incident, actor=request.user, at=timezone.now(), **facts)
        return reverse("incidents:detail", args=[target.code])

    return form_door(
        request,
        form,
        run=run,
        title=_("Merge %(code)s into another incident") % {"code": incident.code},
        submit=_("Merge"),
        cancel_url=reverse("incidents:detail", args=[code]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.run_incident")
def split(request: SignedInRequest, code: str) -> HttpResponse:
    """Say that some of it is an incident of its own."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    alerts = Alert.objects.visible_to(request.user).filter(incident=incident)
    assets = Asset.objects.visible_to(request.user).filter(incident_links__incident=incident)
    form = SplitForm(
        request.POST or None,
        alerts=alerts.order_by("severity", "-raised_at"),
        assets=assets.order_by("code"),
    )

    def run(facts: dict[str, Any]) -> str:
        new = split_incident(incident=incident, actor=request.user, at=timezone.now(), **facts)
        return reverse("incidents:detail", args=[new.code])

    return form_door(
        request,
        form,
        run=run,
        title=_("Split %(code)s in two") % {"code": incident.code},
        submit=_("Split"),
        cancel_url=reverse("incidents:detail", args=[code]),
    )
