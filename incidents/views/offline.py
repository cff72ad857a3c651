"""The pages that work without a link: service worker, shell, and the devices that hold a copy."""

import json
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.models import OfflineDevice
from incidents.offline.files import WORKER, kept_files, version_of_files
from incidents.offline.words import carry_words, offline_words
from incidents.services.offline_device import revoke_device

LOCK_AFTER_S = 300


@require_safe
@needs("")
def service_worker(request: SignedInRequest) -> HttpResponse:
    """The service worker: it changes with every file it keeps, so that browsers notice."""
    about = {
        "version": version_of_files(),
        "files": [*kept_files(), reverse("incidents:web_manifest")],
        "shell": reverse("incidents:offline"),
    }
    body = f"self.SIAGA = {json.dumps(about)};\nimportScripts({json.dumps(static(WORKER))});\n"
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
@needs("")
def offline(request: SignedInRequest) -> HttpResponse:
    """The shell: it holds no data and is the same for everybody; what it shows lies sealed."""
    context = {"words": json.dumps(offline_words()), "lock_after": LOCK_AFTER_S}
    response = render(request, "offline/shell.html", context)
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
@needs("")
def web_manifest(request: SignedInRequest) -> HttpResponse:
    """What lets the portal be installed as an application."""
    about = {
        "id": "/",
        "name": "Siaga",
        "short_name": "Siaga",
        "description": _("Incident response and business continuity, with and without a link"),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#0b0f17",
        "theme_color": "#0b0f17",
        "icons": [
            {"src": static(f"img/siaga-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"}
            for size in (192, 512)
        ],
        "shortcuts": [{"name": _("Without a link"), "url": reverse("incidents:offline")}],
    }
    response = JsonResponse(about)
    response["Content-Type"] = "application/manifest+json"
    return response


@require_safe
@needs("")
def lease_state(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Whether a device was reported lost; asked by a device whose session has ended."""
    lost = OfflineDevice.objects.filter(uid=uid).exclude(revoked_at=None)
    gone = OfflineDevice.objects.filter(uid=uid, user__is_active=False)
    return JsonResponse({"revoked": lost.exists() or gone.exists()})


@require_safe
@needs("*")
def offline_devices(request: SignedInRequest) -> HttpResponse:
    """One's own devices that hold a copy."""
    devices = OfflineDevice.objects.visible_to(request.user).order_by("-seen_at")
    return render_page(request, "offline/devices.html", {"devices": list(devices)})


@require_safe
@needs("incidents.work_incident")
def offline_import(request: SignedInRequest) -> HttpResponse:
    """Where a file of unsent deeds is opened; the browser tells them through the usual doors."""
    return render_page(request, "offline/import.html", {"words": json.dumps(carry_words())})


@require_POST
@needs("*")
def offline_device_lost(request: SignedInRequest, pk: int) -> HttpResponse:
    """Report a device lost."""
    device = get_object_or_404(OfflineDevice.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: revoke_device(device=device, actor=request.user, at=timezone.now()),
        _("It empties itself at the next contact. Until then its passphrase protects the copy."),
    )
    return redirect("incidents:offline_devices")
