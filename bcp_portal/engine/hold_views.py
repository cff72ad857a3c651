"""The page where two people let calls go again after a restore."""

import functools

from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.engine.models import CallHold
from bcp_portal.engine.services.hold import release_calls
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


@require_safe
@needs("engine.view_engine")
def holds(request: SignedInRequest) -> HttpResponse:
    """What holds the calls back, since when, and who has agreed to let them go."""
    rows = list(CallHold.objects.visible_to(request.user).order_by("-held_at")[:50])
    agreed = {pk for row in rows for pk in (row.first_release_by, row.second_release_by) if pk}
    people = get_user_model().objects.in_bulk(agreed)
    lines = [
        (row, people.get(row.first_release_by or 0), people.get(row.second_release_by or 0))
        for row in rows
    ]
    in_force = [row for row in rows if row.released_at is None]
    return render_page(
        request,
        "engine/holds.html",
        {
            "lines": lines,
            "in_force": in_force,
            "mine": any(row.first_release_by == request.user.pk for row in in_force),
        },
    )


@require_POST
@needs("engine.change_callhold")
def holds_release(request: SignedInRequest) -> HttpResponse:
    """The "Let calls go" button; the second person who presses it makes it so."""
    at = timezone.now()
    for hold in CallHold.objects.visible_to(request.user).in_force().order_by("pk"):
        release = functools.partial(release_calls, hold=hold, actor=request.user, at=at)
        attempt(request, release, _("Your agreement is recorded."))
    return redirect("engine:holds")
