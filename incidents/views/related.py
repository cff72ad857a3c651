"""Incidents as fragments of other apps' pages, fetched by address."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from assets.models import Asset, Site
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.models import Incident


@require_safe
@needs("incidents.view_incident")
def for_asset(request: SignedInRequest, code: str) -> HttpResponse:
    """The incidents that hit an asset."""
    asset = get_object_or_404(Asset.objects.visible_to(request.user), code=code)
    rows = Incident.objects.visible_to(request.user).filter(assets__asset=asset)
    return _fragment(request, rows.order_by("-number")[:20])


@require_safe
@needs("incidents.view_incident")
def for_site(request: SignedInRequest, code: str) -> HttpResponse:
    """The incidents that hit a site."""
    site = get_object_or_404(Site.objects.visible_to(request.user), code=code)
    rows = Incident.objects.visible_to(request.user).filter(sites__site=site)
    return _fragment(request, rows.order_by("-number")[:20])


def _fragment(request: SignedInRequest, rows: object) -> HttpResponse:
    return render_page(request, "incidents/_related.html", {"incidents": rows})
