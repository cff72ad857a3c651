"""Doors of the evidence: clause by clause, as a PDF, and all of it as the auditor's pack."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.reports.evidence.coverage import coverage
from bcp_portal.reports.evidence.paper import KIND
from bcp_portal.reports.services.pack import request_pack
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

READ = "reports.view_evidence"


@require_safe
@needs(READ)
def evidence(request: SignedInRequest) -> HttpResponse:
    """Every standard and law, clause by clause."""
    states = coverage(at=timezone.now())
    chosen = next((one for one in states if one.key == request.GET.get("of")), states[0])
    return render_page(request, "reports/evidence.html", {"states": states, "chosen": chosen})


@require_POST
@needs("reports.request_report")
def evidence_report(request: SignedInRequest) -> HttpResponse:
    """The coverage as a PDF."""
    at = timezone.now()
    report = request_report(
        kind=KIND,
        title=_("Evidence by clause"),
        subject_kind=KIND,
        subject_id=0,
        subject_code=f"{at:%Y-%m-%d}",
        language=get_language() or "en",
        actor=request.user,
        at=at,
    )
    return redirect("reports:detail", uid=report.uid)


@require_POST
@needs("audit.view_auditrow")
def auditors_pack(request: SignedInRequest) -> HttpResponse:
    """Ask for everything an auditor leaves with; it is made in the background."""
    report = request_pack(
        language=(get_language() or "en")[:2], actor=request.user, at=timezone.now()
    )
    return redirect("reports:detail", uid=report.uid)
