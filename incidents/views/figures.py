"""Doors of looking back over many incidents: the figures, and how to take them along."""

from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.models import Asset
from bcp_portal.reports.sheets import write_csv
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.communication import MergeForm, SplitForm
from incidents.models import Alert, Incident
from incidents.selectors.analytics import Times, analytics
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
    """The same as a table: one row for each month, cause, site and asset; spans in seconds."""
    page = analytics(request.user, at=timezone.now())
    heads = [
        _("Cut"), _("What"), _("Incidents"), _("Detect (s)"), _("Answer (s)"), _("Contain (s)"),
        _("Recover (s)"), _("Calls"),
    ]  # fmt: skip
    cuts = [(_("Total"), [page.total]), (_("By month"), page.months)]
    cuts += [(group.title, group.rows) for group in page.groups]
    file = BytesIO()
    write_csv(file, heads, (_row(title, row) for title, rows in cuts for row in rows))
    answer = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="incident-figures.csv"'
    return answer


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
