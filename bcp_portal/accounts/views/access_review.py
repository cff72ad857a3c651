"""Doors of access reviews, and of dangerous roles that wait for a second person."""

from typing import Any

from django import forms
from django.db.models import Case, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.accounts.models import AccessDecision, AccessItem, AccessReview, RoleGrant
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.people import ROLE_LABELS
from bcp_portal.accounts.services.access_review import (
    confirm_access,
    open_review,
    quarter_code,
    withdraw_access,
)
from bcp_portal.accounts.services.role_grant import agree_to_grant, refuse_grant
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs

SEE, DECIDE, SECOND = (
    "accounts.view_accessreview",
    "accounts.decide_access",
    "accounts.second_grant",
)


class WhyForm(forms.Form):
    """Why a right is taken away."""

    reason = forms.CharField(label=_("Why it is withdrawn"), max_length=300, required=False)


def _state(review: Any) -> str:
    if review.closed_at:
        return gettext("Closed")
    return gettext("Overdue") if review.is_overdue(timezone.now()) else gettext("Open")


REVIEWS = lists.ListSpec(
    name="accounts.reviews",
    title=_("Access reviews"),
    lead=_("Each quarter somebody else looks at every right. What nobody confirms is withdrawn."),
    columns=(
        lists.code("code", _("Code"), url="accounts:review", args=("code",)),
        lists.template("state", _("State"), template="accounts/_review_state.html", value=_state),
        lists.number("rights", _("Rights"), sort=True),
        lists.number("waiting", _("Waiting"), sort=True),
        lists.number("taken", _("Withdrawn"), sort=True),
        lists.when("opened_at", _("Opened"), sort=True),
        lists.when("due_at", _("Due"), sort=True),
        lists.when("withdraws_at", _("Withdraws by itself"), sort=True),
        lists.when("closed_at", _("Closed"), sort=True),
    ),
    search=("code",),
    default_sort="-opened_at",
    empty_title=_("No access review yet"),
    empty_text=_("The engine opens one at the beginning of each quarter."),
)

WAITING_FIRST = Case(When(decision=AccessDecision.PENDING, then=0), default=1)

ITEMS = lists.ListSpec(
    name="accounts.review_items",
    title=_("Rights under review"),
    columns=(
        lists.person("person", _("Person"), sort="person__first_name", fixed=True),
        lists.text("job_title", _("Job title"), value=lambda row: row.person.job_title),
        lists.text("role", _("Role"), value=lambda row: ROLE_LABELS.get(row.role), sort="role"),
        lists.text("places", _("Where"), max_chars=60),
        lists.when("last_login", _("Last signed in"), sort=True),
        lists.person("responsible", _("Decides"), sort="responsible__first_name"),
        lists.badge("decision", _("Decision"), sort=WAITING_FIRST),
        lists.person("decided_by", _("Decided by"), sort="decided_by__first_name"),
        lists.when("decided_at", _("Decided"), sort=True),
        lists.text("reason", _("Why")),
    ),
    filters=(
        lists.choice("decision", _("Decision"), choices=AccessDecision.choices),
        lists.choice("role", _("Role"), choices=Role.choices),
        lists.yes_no(
            "mine",
            _("Mine to decide"),
            apply=lambda rows, yes, ask: rows.filter(responsible=ask.user) if yes else rows,
        ),
    ),
    search=("person__first_name", "person__last_name", "person__username", "role", "places"),
    default_sort="decision,person",
    page_size=100,
    bulk=(
        lists.BulkAction("confirm", _("Still needed"), perm=DECIDE, run=confirm_access, row="item"),
        lists.BulkAction(
            "withdraw",
            _("Withdraw"),
            perm=DECIDE,
            run=withdraw_access,
            row="item",
            form=WhyForm,
            confirm=_("The person loses these rights at once."),
            css="btn-danger",
        ),
    ),
    bulk_url="accounts:reviews_decide",
)


@require_safe
@needs(SEE)
def reviews(request: SignedInRequest) -> HttpResponse:
    """All reviews, and the dangerous roles that wait for a second person."""
    grants = RoleGrant.objects.visible_to(request.user).waiting()
    extra = {
        "grants": [
            (grant, ROLE_LABELS.get(grant.role, grant.role))
            for grant in grants.select_related("person", "asked_by").order_by("asked_at")
        ],
        "quarter": quarter_code(timezone.now()),
    }
    rows = AccessReview.objects.visible_to(request.user).with_counts()
    return lists.list_response(
        request,
        REVIEWS,
        rows,
        at=timezone.now(),
        template="accounts/reviews.html",
        extra=extra,
    )


@require_safe
@needs(SEE)
def review(request: SignedInRequest, code: str) -> HttpResponse:
    """One review: every right in it, and who has to decide."""
    found = get_object_or_404(AccessReview.objects.visible_to(request.user), code=code)
    rows = AccessItem.objects.visible_to(request.user).for_list().filter(review=found)
    at = timezone.now()
    extra = {"review": found, "is_overdue": found.is_overdue(at)}
    return lists.list_response(
        request, ITEMS, rows, at=at, template="accounts/review.html", extra=extra
    )


@require_POST
@needs(DECIDE)
def reviews_decide(request: SignedInRequest) -> HttpResponse:
    """Confirm or withdraw what was selected; each right is asked for itself."""
    rows = AccessItem.objects.visible_to(request.user).for_list()
    return lists.bulk_response(request, ITEMS, rows, at=timezone.now())


@require_POST
@needs("accounts.manage_people")
def review_open(request: SignedInRequest) -> HttpResponse:
    """Open the review of this quarter now."""
    at = timezone.now()
    attempt(request, lambda: open_review(code=quarter_code(at), actor=request.user, at=at))
    return redirect("accounts:reviews")


@require_POST
@needs(SECOND)
def grant_agree(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a dangerous role that a colleague asked for."""
    grant = get_object_or_404(RoleGrant.objects.visible_to(request.user), pk=pk)
    at = timezone.now()
    attempt(
        request,
        lambda: agree_to_grant(grant=grant, actor=request.user, at=at),
        done=gettext("The role was given."),
    )
    return redirect("accounts:reviews")


@require_POST
@needs(SECOND)
def grant_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Refuse it."""
    grant = get_object_or_404(RoleGrant.objects.visible_to(request.user), pk=pk)
    attempt(request, lambda: refuse_grant(grant=grant, actor=request.user, at=timezone.now()))
    return redirect("accounts:reviews")
