"""The door at which the post-incident report is asked for."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.models import Incident
from incidents.reports.facts import IncidentFacts, gather_incident


@require_POST
@needs("reports.request_report")
def report_request(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for the report; what is settled and was made before is not made over."""
    visible = Incident.objects.visible_to(request.user)
    incident = get_object_or_404(visible, code=code)
    at = timezone.now()
    facts = gather_incident(incident.pk, at=at)
    language = (get_language() or "en").split("-")[0]
    version = f"{incident.code}-R{facts.version} {request.user.zone().key}"[:80]
    report = _made_before(request, facts, language, version) or request_report(
        kind="incident",
        title=_("Post-incident report: %(title)s") % {"title": incident.headline[:160]},
        subject_kind="incident",
        is_private=incident.sensitive_at is not None,
        subject_id=incident.pk,
        subject_code=incident.code,
        source_version=version,
        language=language,
        actor=request.user,
        at=at,
    )
    return redirect("reports:detail", uid=report.uid)


def _made_before(
    request: SignedInRequest, facts: IncidentFacts, language: str, version: str
) -> ReportFile | None:
    """A report of the same version; while anything is open, time alone makes a new one."""
    if not facts.is_settled:
        return None
    return (
        ReportFile.objects.visible_to(request.user)
        .filter(kind="incident", subject_kind="incident", subject_id=facts.incident.pk)
        .filter(source_version=version, language=language)
        .exclude(status=ReportState.FAILED)
        .order_by("-as_of", "-pk")
        .first()
    )
