"""The drills page: a newcomer breaks something real and watches the portal notice."""

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bcp_portal.demo.board import drill_board
from bcp_portal.demo.by_hand import say_to_site
from bcp_portal.demo.drills import fleet_folder
from bcp_portal.demo.services import note_said, throw_switch
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.run_incident")
def drills(request: SignedInRequest) -> HttpResponse:
    """Show every switch with what it will do, and throw the one that was asked for."""
    folder = fleet_folder(settings.DATA_DIR)
    if request.method == "POST" and request.POST.get("drill") == "say":
        _say(request, folder)
        return redirect("demo:drills")
    if request.method == "POST":
        attempt(
            request,
            lambda: throw_switch(
                folder=folder,
                drill=request.POST.get("drill", ""),
                place=request.POST.get("place", ""),
                actor=request.user,
                at=timezone.now(),
            ),
            done=_("Done. The fleet follows within a second; watch the command centre."),
        )
        return redirect("demo:drills")
    context = {"board": drill_board(folder, request.user)}
    return render_page(request, "demo/drills.html", context, parts={"board"})


def _say(request: SignedInRequest, folder: Path) -> None:
    """Be the telephone between this page and the agent of a site."""
    place = request.POST.get("place", "")
    try:
        answer = say_to_site(folder, place, request.POST.get("words", ""))
    except DomainError as problem:
        messages.error(request, str(problem))
        return
    note_said(place=place, actor=request.user, at=timezone.now())
    words = _("%(place)s has read it and answers: %(answer)s") % {"place": place, "answer": answer}
    messages.success(request, words)
