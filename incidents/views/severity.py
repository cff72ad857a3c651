"""Doors of the severity matrix: read it with its history, decide another one."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from incidents.forms.team import REACH_WORDS, SeverityMatrixForm
from incidents.models import SeverityMatrix
from incidents.selectors.severity import matrix_in_force
from incidents.services.severity_matrix import change_severity_matrix
from incidents.severity_matrix import REACHES


@require_safe
@needs("incidents.view_escalationpolicy")
def severity_matrix(request: SignedInRequest) -> HttpResponse:
    """What is in force, and what held before."""
    context = {
        "matrix": matrix_in_force(),
        "reaches": [REACH_WORDS[reach] for reach in REACHES],
        "history": SeverityMatrix.objects.visible_to(request.user).newest_first()[:50],
    }
    return render_page(request, "incidents/severity_matrix.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.change_escalationpolicy")
def severity_matrix_change(request: SignedInRequest) -> HttpResponse:
    """Decide another one, with a reason."""
    page = reverse("incidents:severity_matrix")

    def run(facts: dict[str, Any]) -> str:
        change_severity_matrix(**facts, actor=request.user, at=timezone.now())
        return page

    return form_door(
        request,
        SeverityMatrixForm(request.POST or None, matrix=matrix_in_force()),
        run=run,
        title=_("Change the severity matrix"),
        submit=_("Use from now on"),
        cancel_url=page,
    )
