"""Doors of the authority matrix: read it with its history, decide another one."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.authority import SEVERITIES
from incidents.forms.authority import AuthorityForm
from incidents.models import AuthorityMatrix
from incidents.selectors.authority import authority_in_force, authority_page
from incidents.services.authority_matrix import change_authority_matrix


@require_safe
@needs("incidents.view_escalationpolicy")
def authority(request: SignedInRequest) -> HttpResponse:
    """Who may do what, with whom as second."""
    history = AuthorityMatrix.objects.visible_to(request.user).newest_first()[:50]
    context = {"page": authority_page(list(history)), "severities": SEVERITIES}
    return render_page(request, "incidents/authority.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.change_escalationpolicy")
def authority_change(request: SignedInRequest) -> HttpResponse:
    """Decide another one, with a reason."""
    page = reverse("incidents:authority")

    def run(facts: dict[str, Any]) -> str:
        change_authority_matrix(**facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        AuthorityForm(request.POST or None, matrix=authority_in_force()),
        run=run,
        title=_("Change the authority matrix"),
        submit=_("Use from now on"),
        cancel_url=page,
    )
