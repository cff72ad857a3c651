"""HTML and JSON doors of the command centre, and of the live parts of every frame."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard import selectors
from bcp_portal.dashboard.palette import find_anything
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

Panel = Callable[[User, datetime], Any]

# Each panel of the page: what it needs to be shown, and what fills it.
PANELS: dict[str, tuple[str, Panel]] = {
    "flow": (
        "incidents.view_incident",
        lambda user, at: selectors.incident_flow(user, at=at),
    ),
    "services": ("assets.view_asset", lambda user, at: selectors.service_lines(user, at=at)),
    "fleet": ("assets.view_site", lambda user, _at: selectors.fleet(user)),
    "clocks": ("assets.view_site", lambda user, at: selectors.rpo_clocks(user, at=at)),
    "alerts": ("incidents.view_alert", lambda user, _at: selectors.alert_stream(user)),
    "strip": ("assets.view_site", lambda user, at: selectors.fleet_strip(user, at=at)),
    "orders": ("telemetry.view_order", lambda user, _at: selectors.unapplied_panel(user)),
    "duties": (
        "incidents.view_incident",
        lambda user, at: selectors.duty_clocks(user, at=at),
    ),
    "calls": ("incidents.view_incident", lambda user, _at: selectors.waiting_calls(user)),
}
FRAME_PARTS = ("incidents", "banners", "tasks")


@require_safe
@needs("*")
def home(request: SignedInRequest) -> HttpResponse:
    """The command centre: every panel the person may see, or one of them again."""
    part = request.GET.get("part", "")
    wanted = [part] if part in PANELS else list(PANELS)
    at = timezone.now()
    context: dict[str, Any] = {"panels": {}}
    for name in wanted:
        permission, fill = PANELS[name]
        if request.user.has_perm(permission):
            context["panels"][name] = fill(request.user, at)
    if part not in PANELS:
        context["steps"] = selectors.first_steps(request.user)
    return render_page(request, "dashboard/command_centre.html", context, parts=set(PANELS))


@require_safe
@needs("assets.view_site")
@gzip_page
def map_data(request: SignedInRequest) -> JsonResponse:
    """The map as JSON; `?since=` asks only for what changed.

    Packed on the way: nothing in it is secret beside what the asker chose, and ten thousand sites
    are most of a megabyte.
    """
    since = parse_datetime(request.GET.get("since", "")) if "since" in request.GET else None
    if since is not None and timezone.is_naive(since):
        since = None
    payload = selectors.map_payload(request.user, at=timezone.now(), since=since)
    return JsonResponse(payload, headers={"Cache-Control": "no-store"})


@require_safe
@needs("assets.view_site")
def site_card(request: SignedInRequest, code: str) -> HttpResponse:
    """What a click on the map tells of a site."""
    sites = Site.objects.visible_to(request.user).select_related("region", "state")
    card = selectors.site_card(get_object_or_404(sites, code=code), request.user)
    return render(request, "dashboard/_site_card.html", {"card": card})


@require_safe
@needs("*")
def palette(request: SignedInRequest) -> JsonResponse:
    """What the command palette finds for a few letters."""
    found = find_anything(request.user, request.GET.get("q", "")[:80])
    return JsonResponse({"results": found}, headers={"Cache-Control": "no-store"})


@require_safe
@needs("*")
def frame_part(request: SignedInRequest) -> HttpResponse:
    """One live part of the frame: open incidents, banner lines or own tasks."""
    part = request.GET.get("part", "")
    if part not in FRAME_PARTS:
        raise Http404
    return render(request, f"_frame/{part}.html", {"loaded": True})
