"""Doors that other monitors and jobs call; the key in the address is the whole credential."""

import json
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.shared.pages import needs
from telemetry.adapters.external import UnreadableDeliveryError
from telemetry.adapters.ping import KEPT_BODY, read_ping
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.ping import UnknownPingError, record_ping
from telemetry.services.webhook import UnknownWebhookError, receive_delivery

MAX_DELIVERY_BYTES = 1024 * 1024


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@needs("")
def ping(request: HttpRequest, key: str, ending: str = "") -> HttpResponse:
    """A job elsewhere began, ended or failed."""
    try:
        # Whatever a job prints comes along; its beginning is enough to see what went wrong.
        body = request.read(KEPT_BODY) if request.method == "POST" else b""
        record_ping(
            key=key,
            ping=read_ping(ending),
            at=timezone.now(),
            body=body.decode("utf-8", "replace"),
            remote_address=request.META.get("REMOTE_ADDR", ""),
        )
    except UnknownPingError as refusal:
        return _text(str(refusal), HTTPStatus.NOT_FOUND)
    except UnreadableDeliveryError as refusal:
        return _text(str(refusal), HTTPStatus.BAD_REQUEST)
    return _text("OK", HTTPStatus.OK)


@csrf_exempt
@require_POST
@needs("")
def hook(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Another monitor tells what it sees."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_DELIVERY_BYTES:
        return _refused("The delivery is larger than 1 MiB.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        return _refused(f"The body is not valid JSON: {error}.", HTTPStatus.BAD_REQUEST)
    try:
        firing = receive_delivery(
            key=key, kind=WebhookKind(kind), content=content, at=timezone.now()
        )
    except UnknownWebhookError as refusal:
        return _refused(str(refusal), HTTPStatus.NOT_FOUND)
    except UnreadableDeliveryError as refusal:
        return _refused(str(refusal), HTTPStatus.UNPROCESSABLE_ENTITY)
    return JsonResponse({"firing": firing})


def _text(sentence: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _refused(sentence: str, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"status": int(status), "detail": sentence}, status=status)
