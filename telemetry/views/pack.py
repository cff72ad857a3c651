"""The page of a site's pack: its edition, its copies, what was ticked; the file and the paper."""

import gzip

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from assets.models import Site
from bcp_portal.audit.verbs import record_access
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.reports.sheets import XLSX_TYPE
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import SitePack
from telemetry.pack_paper import KIND
from telemetry.pack_sheet import pack_workbook
from telemetry.selectors_pack import pack_page


def _site(request: SignedInRequest, code: str) -> Site:
    sites = Site.objects.visible_to(request.user).select_related("region")
    return get_object_or_404(sites, code=code)


def _in_force(request: SignedInRequest, code: str) -> SitePack:
    packs = SitePack.objects.visible_to(request.user).current().select_related("site")
    found = packs.filter(site=_site(request, code)).first()
    if found is None:
        raise Http404
    return found


def _language() -> str:
    return (get_language() or "en").split("-")[0]


@require_safe
@needs("telemetry.view_sitepack")
def pack(request: SignedInRequest, code: str) -> HttpResponse:
    """Which edition is in force, who holds it, what was done on it at the site."""
    page = pack_page(_site(request, code), at=timezone.now())
    return render_page(request, "telemetry/pack.html", {"page": page}, parts={"copies", "marks"})


@require_safe
@needs("telemetry.view_sitepack")
def pack_file(request: SignedInRequest, code: str) -> HttpResponse:
    """The very file that devices hold, to keep or to print."""
    row = _in_force(request, code)
    record_access(action="pack.read", obj=row, actor=request.user, at=timezone.now())
    answer = HttpResponse(gzip.decompress(row.html), content_type="text/html; charset=utf-8")
    name = f"{row.site.code}-v{row.number}.html"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
@needs("telemetry.view_sitepack")
def pack_sheet(request: SignedInRequest, code: str) -> HttpResponse:
    """The same as a workbook, in the reader's language."""
    row = _in_force(request, code)
    record_access(action="pack.read", obj=row, actor=request.user, at=timezone.now())
    answer = HttpResponse(pack_workbook(row, language=_language()), content_type=XLSX_TYPE)
    name = f"{row.site.code}-v{row.number}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@needs("reports.request_report")
def pack_report(request: SignedInRequest, code: str) -> HttpResponse:
    """The same on paper, for those who may read it on the screen."""
    row = _in_force(request, code)
    if not request.user.has_perm("telemetry.view_sitepack"):
        raise PermissionDenied
    report = request_report(
        kind=KIND,
        title=gettext("Continuity plan of %(site)s") % {"site": str(row.site)},
        subject_kind="site",
        subject_id=row.site_id,
        subject_code=row.site.code,
        language=_language(),
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)
