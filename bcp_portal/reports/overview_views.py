"""The report centre: every overview as a page, on paper and as a sheet."""

import hashlib
import io

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.reports.overviews.registry import (
    READ,
    Overview,
    find_overview,
    overviews_for,
)
from bcp_portal.reports.overviews.sheet import write_overview
from bcp_portal.reports.selectors import deliveries_of, newest_files
from bcp_portal.reports.services.overview import note_sheet, request_overview
from bcp_portal.reports.sheets import XLSX_TYPE
from bcp_portal.shared.pages import SignedInRequest, needs, render_page


def find(request: SignedInRequest, key: str) -> Overview:
    """The overview of this name, if this person may read it."""
    overview = find_overview(key, request.user)
    if overview is None:
        raise Http404
    return overview


@require_safe
@needs(READ)
def centre(request: SignedInRequest) -> HttpResponse:
    """All overviews that this person may read, and what comes to them by itself."""
    context = {
        "overviews": overviews_for(request.user),
        "deliveries": deliveries_of(request.user),
        "newest": newest_files(request.user),
    }
    return render_page(request, "reports/overviews/centre.html", context)


@require_safe
@needs(READ)
def overview_page(request: SignedInRequest, key: str) -> HttpResponse:
    """One overview as a page."""
    at = timezone.now()
    overview = find(request, key)
    context = {"overview": overview, "picture": overview.gather(request.user, at), "at": at}
    return render_page(request, "reports/overviews/page.html", context)


@require_POST
@needs(READ)
def overview_paper(request: SignedInRequest, key: str) -> HttpResponse:
    """Ask for an overview on paper."""
    report = request_overview(
        overview=find(request, key),
        language=(get_language() or "en")[:2],
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)


@require_POST
@needs(READ)
def overview_sheet(request: SignedInRequest, key: str) -> HttpResponse:
    """Take an overview away as a workbook; its hash and its reader are on the trail first."""
    at = timezone.now()
    overview = find(request, key)
    file = io.BytesIO()
    picture = overview.gather(request.user, at)
    rows = write_overview(file, overview, picture, by=request.user.name, at=at)
    content = file.getvalue()
    note_sheet(
        overview=overview,
        rows=rows,
        sha256=hashlib.sha256(content).hexdigest(),
        actor=request.user,
        at=at,
    )
    answer = HttpResponse(content, content_type=XLSX_TYPE)
    name = f"{key.replace('_', '-')}-{at:%Y-%m-%d}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
