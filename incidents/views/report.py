"""The doors at which the post-incident report is asked for: on paper, as Markdown, as JSON."""

from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.services.overview import note_facts
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.models import Incident
from incidents.reports.builder import build_incident_report
from incidents.reports.facts import IncidentFacts, gather_incident
from incidents.reports.markdown import incident_markdown


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


@require_safe
@needs("reports.request_report")
def report_markdown(request: SignedInRequest, code: str) -> HttpResponse:
    """The same facts as text for any editor."""
    return _facts_as(request, code, "md")


@require_safe
@needs("reports.request_report")
def report_json(request: SignedInRequest, code: str) -> HttpResponse:
    """The same facts for another program."""
    return _facts_as(request, code, "json")


def _facts_as(request: SignedInRequest, code: str, form: str) -> HttpResponse:
    incident = get_object_or_404(Incident.objects.visible_to(request.user), code=code)
    at = timezone.now()
    language = (get_language() or "en").split("-")[0]
    built = build_incident_report(subject_id=incident.pk, language=language, at=at)
    content, kind = canonical_json(built.payload), "application/json"
    if form == "md":
        told = cast("dict[str, Any]", built.payload)
        content = incident_markdown(told, sha256=sha256_hex(content)).encode()
        kind = "text/markdown; charset=utf-8"
    note_facts(subject=incident, form=form, sha256=sha256_hex(content), actor=request.user, at=at)
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{incident.code}-{at:%Y-%m-%d}.{form}"'
    return answer
