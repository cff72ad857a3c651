"""What machines ask about us: alive, ready, is the engine turning, and the numbers."""

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bcp_portal.engine.health import engine_pulse
from bcp_portal.engine.metrics import render_metrics
from bcp_portal.shared.pages import needs


def _answer(content: dict[str, Any], *, is_fine: bool) -> JsonResponse:
    return JsonResponse(
        content, status=200 if is_fine else 503, headers={"Cache-Control": "no-store"}
    )


@require_safe
@needs("")
def liveness(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is claimed."""
    return _answer({"status": "alive"}, is_fine=True)


@require_safe
@needs("")
def readiness(request: HttpRequest) -> HttpResponse:
    """This process can serve: the database was really asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return _answer({"status": "not ready", "database": type(error).__name__}, is_fine=False)
    return _answer({"status": "ready"}, is_fine=True)


@require_safe
@needs("")
def engine_health(request: HttpRequest) -> HttpResponse:
    """The age of the engine's last completed cycle; 503 when it is stale or was never seen."""
    pulse = engine_pulse(timezone.now())
    content = {
        "status": "turning" if pulse.is_fresh else "silent",
        "last_cycle_at": pulse.last_cycle_at.isoformat() if pulse.last_cycle_at else None,
        "age_s": pulse.age_s,
    }
    return _answer(content, is_fine=pulse.is_fresh)


@require_safe
@needs("")
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus: counts and ages only, nothing about any one site or incident."""
    return HttpResponse(render_metrics(timezone.now()), content_type="text/plain; version=0.0.4")
