"""Doors that ask for papers about the platform's own rooms."""

import io

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.accounts.models import AccessReview
from bcp_portal.accounts.selectors.training import everybody, training_matrix
from bcp_portal.audit.verbs import record_access
from bcp_portal.reports.access_review import KIND
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.reports.sheets import write_xlsx
from bcp_portal.reports.training import KIND as TRAINING
from bcp_portal.reports.training import heads, lines
from bcp_portal.shared.pages import SignedInRequest, needs


@require_POST
@needs("reports.request_report")
def access_review_report(request: SignedInRequest, code: str) -> HttpResponse:
    """The access review as a PDF."""
    review = get_object_or_404(AccessReview.objects.wholly_visible_to(request.user), code=code)
    report = request_report(
        kind=KIND,
        title=_("Access review %s") % review.code,
        subject_kind=KIND,
        subject_id=review.pk,
        subject_code=review.code,
        language=get_language() or "en",
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)


@require_POST
@needs("reports.request_report")
def training_report(request: SignedInRequest) -> HttpResponse:
    """Who knows what, as a PDF."""
    at = timezone.now()
    report = request_report(
        kind=TRAINING,
        title=_("Training"),
        subject_kind=TRAINING,
        subject_id=0,
        subject_code=f"{at:%Y-%m-%d}",
        language=get_language() or "en",
        actor=request.user,
        at=at,
    )
    return redirect("reports:detail", uid=report.uid)


@require_safe
@needs("accounts.view_completion")
def training_sheet(request: SignedInRequest) -> HttpResponse:
    """Who knows what, as a sheet."""
    at = timezone.now()
    record_access(action="training.export", obj=request.user, actor=request.user, at=at)
    answer = HttpResponse(
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    answer["Content-Disposition"] = f'attachment; filename="training-{at:%Y-%m-%d}.xlsx"'
    rows = lines(training_matrix(everybody(), at=at))
    file = io.BytesIO()
    write_xlsx(file, heads(), rows, title=_("Training"))
    answer.write(file.getvalue())
    return answer
