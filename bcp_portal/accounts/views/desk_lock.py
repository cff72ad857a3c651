"""The door that locks a desk, hears that somebody is there, and says when it is open again."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bcp_portal.accounts.desk_lock import is_locked, lock_desk, note_activity
from bcp_portal.shared.pages import SignedInRequest, needs


@require_http_methods(["GET", "HEAD", "POST"])
@needs("*")
def desk_lock(request: SignedInRequest) -> HttpResponse:
    """Lock, stay awake or ask; people see a page, scripts get one word."""
    at = timezone.now()
    deed = request.POST.get("deed")
    if deed == "lock":
        lock_desk(request, at=at)
    elif deed == "active" and not is_locked(request, at=at):
        note_activity(request, at=at)
    if request.method == "POST" or not request.accepts("text/html"):
        return JsonResponse({"locked": is_locked(request, at=at)})
    return render(request, "accounts/desk_lock.html", {"is_locked": is_locked(request, at=at)})
