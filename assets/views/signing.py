"""One's own signatures and delegations, and who signs for operations and management."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.forms.signing import DelegationForm, SignatoryForm
from assets.models import Delegation, Signatory
from assets.selectors.my_signatures import my_signatures
from assets.services.signatory import (
    appoint_signatory,
    delegate_signing,
    dismiss_signatory,
    revoke_delegation,
)
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


@require_safe
@needs("assets.sign_target")
def signatures_mine(request: SignedInRequest) -> HttpResponse:
    """What waits for my signature."""
    at = timezone.now()
    page = my_signatures(request.user, at=at)
    file = lists.table_response(
        request,
        "assets.my_signatures",
        _("My signatures"),
        [_("Asset"), _("Name"), _("As"), _("For"), _("Signed"), _("Lapsed")],
        lambda: [
            [
                one.proposal.asset.code,
                one.proposal.asset.name,
                one.get_role_display(),
                str(one.principal),
                one.signed_at,
                one.lapsed_at,
            ]
            for one in page.given
        ],
        at=at,
    )
    return file or render_page(
        request, "assets/my_signatures.html", {"page": page, "now": at}, parts={"waiting"}
    )


@require_http_methods(FORM)
@needs("assets.sign_target")
def delegation_add(request: SignedInRequest) -> HttpResponse:
    """Let somebody sign in my name for a while."""

    def run(facts: dict[str, Any]) -> str:
        delegate_signing(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:my_signatures")

    return form_door(
        request,
        DelegationForm(request.POST or None, user=request.user),
        run=run,
        title=_("Let somebody sign for me"),
        submit=_("Delegate"),
        cancel_url=reverse("assets:my_signatures"),
    )


@require_POST
@needs("assets.sign_target")
def delegation_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a delegation back."""
    delegation = get_object_or_404(Delegation.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: revoke_delegation(delegation=delegation, actor=request.user, at=timezone.now()),
        _("Taken back."),
    )
    return redirect("assets:my_signatures")


@require_safe
@needs("assets.view_signatory")
def signatories(request: SignedInRequest) -> HttpResponse:
    """Who signs for operations and for top management."""
    found = Signatory.objects.visible_to(request.user).appointed().select_related("user")
    rows = list(found.order_by("role", "appointed_at"))
    file = lists.table_response(
        request,
        "assets.signatories",
        _("Who signs"),
        [_("Role"), _("Person"), _("Since")],
        lambda: [[one.get_role_display(), str(one.user), one.appointed_at] for one in rows],
        at=timezone.now(),
    )
    context = {"rows": rows, "form": SignatoryForm()}
    return file or render_page(request, "assets/signatories.html", context)


@require_http_methods(FORM)
@needs("assets.appoint_signatory")
def signatory_appoint(request: SignedInRequest) -> HttpResponse:
    """Let somebody sign for operations or top management."""

    def run(facts: dict[str, Any]) -> str:
        appoint_signatory(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:signatories")

    return form_door(
        request,
        SignatoryForm(request.POST or None),
        run=run,
        title=_("Appoint somebody to sign"),
        submit=_("Appoint"),
        cancel_url=reverse("assets:signatories"),
    )


@require_POST
@needs("assets.appoint_signatory")
def signatory_dismiss(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody no longer signs in this role."""
    visible = Signatory.objects.visible_to(request.user)
    signatory = get_object_or_404(visible, pk=pk)
    attempt(
        request,
        lambda: dismiss_signatory(signatory=signatory, actor=request.user, at=timezone.now()),
        _("Ended."),
    )
    return redirect("assets:signatories")
