"""Doors that ask for papers about the platform's own rooms."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bcp_portal.accounts.models import AccessReview
from bcp_portal.reports.access_review import KIND
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared.pages import SignedInRequest, needs


@require_POST
@needs("reports.request_report")
def access_review_report(request: SignedInRequest, code: str) -> HttpResponse:
    """The access review as a PDF."""
    review = get_object_or_404(AccessReview.objects.visible_to(request.user), code=code)
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
