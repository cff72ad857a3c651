"""A manager's home: what moved since last time, and why."""

from datetime import datetime, time

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.selectors import moved
from risks.services.visit import mark_register_seen


@require_safe
@needs("risks.view_risk")
def what_moved(request: SignedInRequest) -> HttpResponse:
    """What moved since this person last looked, or since the day that is asked for."""
    at = timezone.now()
    since = _asked(request.GET.get("since", ""), at) or moved.last_seen(request.user, at)
    page = moved.what_moved(request.user, since=since, at=at)
    return render_page(request, "risks/moved.html", {"page": page})


def _asked(text: str, at: datetime) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None:
        return None
    since = datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
    return since if at - moved.LONGEST < since < at else None


@require_POST
@needs("risks.view_risk")
def mark_seen(request: SignedInRequest) -> HttpResponse:
    """Say: I have seen it; the next visit begins here."""
    mark_register_seen(actor=request.user, at=timezone.now())
    return redirect("risks:moved")
