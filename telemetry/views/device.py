"""The page of one device."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import Device, with_pack
from telemetry.selectors_device import device_page


@require_safe
@needs("telemetry.view_device")
def device_detail(request: SignedInRequest, node_id: UUID) -> HttpResponse:
    """One device: state, reach, streams, protection, sessions, what was concluded; live."""
    at = timezone.now()
    visible = with_pack(Device.objects.visible_to(request.user), at=at)
    rows = visible.select_related("site__region", "state", "pack_copy")
    page = device_page(get_object_or_404(rows, node_id=node_id), at=at)
    return render_page(
        request, "telemetry/device_detail.html", {"page": page}, parts={"now", "signals"}
    )
