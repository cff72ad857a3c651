"""Doors of the management summary: page, paper, message."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.models import Audience, Incident
from incidents.selectors.management_summary import management_summary
from incidents.services.sensitive import note_reading
from incidents.services.update_draft import tell_audience


def _incident(request: SignedInRequest, code: str) -> Incident:
    rows = Incident.objects.visible_to(request.user).select_related("commander")
    return get_object_or_404(rows, code=code)


@require_safe
@needs("incidents.view_incident")
def summary(request: SignedInRequest, code: str) -> HttpResponse:
    """How it stands, in words for management."""
    incident, at = _incident(request, code), timezone.now()
    note_reading(incident=incident, actor=request.user, at=at)
    page = management_summary(incident, at=at)
    return render_page(request, "incidents/summary.html", {"page": page})


@require_POST
@needs("reports.request_report")
def summary_report(request: SignedInRequest, code: str) -> HttpResponse:
    """The same as PDF."""
    incident = _incident(request, code)
    report = request_report(
        kind="management_summary",
        title=gettext("Management summary: %(title)s") % {"title": incident.headline[:160]},
        subject_kind="incident",
        is_private=incident.sensitive_at is not None,
        subject_id=incident.pk,
        subject_code=incident.code,
        language=(get_language() or "en").split("-")[0],
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)


@require_POST
@needs("incidents.publish_update")
def summary_send(request: SignedInRequest, code: str) -> HttpResponse:
    """The same as a message to management."""
    incident = _incident(request, code)
    at = timezone.now()
    words = management_summary(incident, at=at).message.replace("{", "(").replace("}", ")")
    attempt(
        request,
        lambda: tell_audience(
            incident=incident, audience=Audience.MANAGEMENT, text=words, actor=request.user, at=at
        ),
        gettext("Management has been told."),
    )
    return redirect("incidents:summary", code=code)
