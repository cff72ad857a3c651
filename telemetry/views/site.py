"""The site page, and what a technician does there."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from assets.models import Site
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.selectors import site_page
from telemetry.selectors_site_history import site_history


@require_safe
@needs("assets.view_site")
def site_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One site: state, RPO clocks, devices, sessions, signals; live."""
    sites = Site.objects.visible_to(request.user).select_related("region")
    page = site_page(get_object_or_404(sites, code=code), at=timezone.now())
    return render_page(
        request, "telemetry/site_detail.html", {"page": page}, parts={"now", "devices", "signals"}
    )


@require_safe
@needs("assets.view_site")
def site_past(request: SignedInRequest, code: str) -> HttpResponse:
    """The part of the site page about thirty days: states, reach, posture, backups."""
    site = get_object_or_404(Site.objects.visible_to(request.user), code=code)
    page = site_history(site, at=timezone.now())
    return render_page(request, "telemetry/site_history.html", {"page": page})
