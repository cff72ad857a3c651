"""The dependency map, drawn by a script and readable without it."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from assets.selectors.dependency_map import dependency_map
from bcp_portal.shared.pages import SignedInRequest, needs, render_page


@require_safe
@needs("assets.view_asset")
def map_page(request: SignedInRequest) -> HttpResponse:
    """What needs what."""
    return render_page(request, "assets/map.html", {"page": dependency_map(request.user)})


@require_safe
@needs("assets.view_asset")
def map_drawing(request: SignedInRequest) -> JsonResponse:
    """The same for the script that draws it."""
    return JsonResponse(dependency_map(request.user).drawing())
