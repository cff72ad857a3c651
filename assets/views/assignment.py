"""Doors of what a person looks after: it decides which sites they see."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assets.forms.assignment import AssignmentForm
from assets.models import SiteAssignment
from assets.selectors.assignments import assignments_of, sees_every_site
from assets.services.site_assignment import assign_site, withdraw_assignment
from bcp_portal.accounts.selectors.people import people_visible_to
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs


@require_http_methods(["GET", "HEAD", "POST"])
@needs("assets.assign_site")
def assignments(request: SignedInRequest, username: str) -> HttpResponse:
    """The regions and sites of a person, and one more."""
    person = get_object_or_404(people_visible_to(request.user), username=username)

    def run(facts: dict[str, Any]) -> str:
        assign_site(user=person, **facts, actor=request.user, at=timezone.now())
        return reverse("assets:assignments", args=[username])

    return form_door(
        request,
        AssignmentForm(request.POST or None),
        run=run,
        title=_("Sites of %(name)s") % {"name": person.name},
        submit=_("Assign"),
        cancel_url=reverse("accounts:person", args=[username]),
        template="assets/assignments.html",
        extra={
            "person": person,
            "assignments": assignments_of(person),
            "sees_all": sees_every_site(person),
        },
    )


@require_POST
@needs("assets.assign_site")
def assignment_withdraw(request: SignedInRequest, username: str, pk: int) -> HttpResponse:
    """Take a person off a region or a site."""
    person = get_object_or_404(people_visible_to(request.user), username=username)
    rows = SiteAssignment.objects.select_related("user", "site", "region").filter(user=person)
    assignment = get_object_or_404(rows, pk=pk)
    attempt(
        request,
        lambda: withdraw_assignment(assignment=assignment, actor=request.user, at=timezone.now()),
    )
    return redirect("assets:assignments", username=username)
