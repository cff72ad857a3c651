"""The signing page of one asset: propose, discuss, sign, decline, withdraw."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assets.models import TargetProposal
from assets.selectors.objective_page import objective_page
from assets.services.objective import (
    add_remark,
    decline_proposal,
    sign_target,
    withdraw_proposal,
)
from assets.views.asset import find_asset
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page


@require_safe
@needs("assets.view_recoverytarget")
def objective_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """What is promised, what the graph makes of it, and who stands for it."""
    asset = find_asset(request, code)
    page = objective_page(asset, user=request.user, at=timezone.now())
    return render_page(request, "assets/objective.html", {"page": page}, parts={"signatures"})


def _on_proposal(
    request: SignedInRequest, code: str, pk: int, done: str, verb: Callable[..., Any], **facts: str
) -> HttpResponse:
    asset = find_asset(request, code)
    visible = TargetProposal.objects.visible_to(request.user).select_related(
        "asset__business_owner"
    )
    proposal = get_object_or_404(visible, asset=asset, pk=pk)
    attempt(
        request,
        lambda: verb(proposal=proposal, **facts, actor=request.user, at=timezone.now()),
        done,
    )
    return redirect("assets:objective", code=code)


@require_POST
@needs("assets.sign_target")
def objective_sign(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Stand for what was shown, in one role."""
    facts = {name: request.POST.get(name, "") for name in ("role", "shown", "despite")}
    return _on_proposal(request, code, pk, _("Signed."), sign_target, **facts)


@require_POST
@needs("assets.sign_target")
def objective_remark(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Say something about a proposal."""
    text = request.POST.get("text", "")[:4000]
    return _on_proposal(request, code, pk, _("Said."), add_remark, text=text)


@require_POST
@needs("assets.sign_target")
def objective_decline(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Say no."""
    reason = request.POST.get("reason", "")
    return _on_proposal(request, code, pk, _("Declined."), decline_proposal, reason=reason)


@require_POST
@needs("assets.set_target")
def objective_withdraw(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    """Take one's own proposal back."""
    reason = request.POST.get("reason", "")
    return _on_proposal(request, code, pk, _("Withdrawn."), withdraw_proposal, reason=reason)
