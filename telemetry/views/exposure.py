"""The part of the asset page that shows what waits in its streams now."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from assets.models import Asset
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.selectors_exposure import exposures_of


@require_safe
@needs("telemetry.view_stream")
def exposure_of_asset(request: SignedInRequest, code: str) -> HttpResponse:
    """The live exposure beside the RPO of one asset."""
    asset = get_object_or_404(Asset.objects.visible_to(request.user), code=code)
    rows = exposures_of(asset, request.user, at=timezone.now())
    return render_page(request, "telemetry/exposure.html", {"rows": rows, "asset": asset})
