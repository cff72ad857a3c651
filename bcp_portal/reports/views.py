"""Reports on file: the list, the state of one, and the paper itself."""

import hashlib
from base64 import b64encode
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.registry import report_choices
from bcp_portal.reports.services.report_file import no_such_file_words, note_download
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

TYPES = {False: "application/pdf", True: "application/zip"}

REPORTS = lists.ListSpec(
    name="reports.files",
    title=_("Reports"),
    lead=_("Every report that was made, with the hash that proves it was not changed."),
    columns=(
        lists.code("code", _("Code"), url="reports:detail", args=("uid",), sort="uid"),
        lists.text("title", _("Title"), sort=True),
        lists.text("subject_code", _("About"), sort=True),
        lists.badge("status", _("State"), sort=True),
        lists.when("as_of", _("As of"), sort=True),
        lists.person("requested_by", _("Asked by"), sort="requested_by__username"),
        lists.number("pages", _("Pages"), sort=True),
        lists.text("sha256", _("SHA-256"), max_chars=17, css="code"),
        lists.text("language", _("Language"), sort=True, shown=False),
        lists.when("generated_at", _("Made"), sort=True, shown=False),
        lists.number("size", _("Bytes"), sort=True, shown=False),
        lists.text("content_json_sha256", _("SHA-256 of the facts"), shown=False, css="code"),
        lists.text("signed_by", _("Signed by"), sort=True, shown=False),
    ),
    filters=(
        lists.choice("status", _("State"), choices=ReportState.choices),
        lists.choice("kind", _("Kind"), choices=lambda ask: report_choices()),
        lists.dates("as_of", _("As of")),
    ),
    search=("title", "subject_code", "sha256", "content_json_sha256"),
    default_sort="-as_of",
    export_name="reports",
    empty_title=_("No reports yet"),
    empty_text=_("Ask for one where it belongs: on the page of an incident, a risk or a plan."),
)


@require_safe
@needs("reports.request_report")
def report_list(request: SignedInRequest) -> HttpResponse:
    """All reports this person may read."""
    rows = ReportFile.objects.visible_to(request.user).for_list()
    return lists.list_response(request, REPORTS, rows, at=timezone.now())


@require_safe
@needs("reports.request_report")
def report_detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One report: how far it is, its hashes, and how to check them."""
    visible = ReportFile.objects.visible_to(request.user).for_list()
    report = get_object_or_404(visible, uid=uid)
    return render_page(request, "reports/report_detail.html", {"report": report}, parts={"state"})


@require_safe
@needs("reports.request_report")
def report_download(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The paper itself; a file that no longer has its hash is not handed out."""
    visible = ReportFile.objects.visible_to(request.user)
    report = get_object_or_404(visible, uid=uid, status=ReportState.READY)
    paper = _read(report)
    if paper is None:
        return HttpResponse(no_such_file_words(), status=410, content_type="text/plain")
    note_download(report=report, actor=request.user, at=timezone.now())
    response = HttpResponse(paper, content_type=TYPES[report.is_pack])
    response["Content-Disposition"] = f'attachment; filename="{report.filename}"'
    response["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(report.sha256)).decode()}:"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _read(report: ReportFile) -> bytes | None:
    if not default_storage.exists(report.path):
        return None
    with default_storage.open(report.path) as file:
        paper = bytes(file.read())
    return paper if hashlib.sha256(paper).hexdigest() == report.sha256 else None
