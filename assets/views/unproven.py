"""Objectives without proof: what is only claimed, stale, disproved or unknown, worst first."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assets.models import Asset, AssetKind
from assets.proof import ProofState
from assets.reports import UNPROVEN, UNPROVEN_SUBJECT
from assets.selectors.targets import with_proof, without_proof
from bcp_portal.reports.services.report_file import request_report
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs


def _span(name: str) -> lists.Column:
    return lists.duration(
        name,
        name.upper(),
        value=lambda row: getattr(getattr(row, "recovery_target", None), name, None),
        sort=f"recovery_target__{name}",
    )


def _state(measure: str, label: Any) -> lists.Column:
    return lists.template(
        f"{measure}_state",
        label,
        template="assets/_proof_state.html",
        value=lambda row: ProofState(getattr(row, f"{measure}_state")),
        sort=True,
    )


WITHOUT_PROOF = lists.ListSpec(
    name="assets.unproven",
    title=gettext_lazy("Objectives without proof"),
    lead=gettext_lazy("Promises that no incident, exercise, restore test or telemetry bears out."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="assets:detail", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.number("criticality", gettext_lazy("Criticality"), sort=True),
        _span("rto"),
        _state("rto", gettext_lazy("RTO proof")),
        lists.when("rto_proven_at", gettext_lazy("Last recovery"), sort=True),
        lists.duration("rto_achieved", gettext_lazy("It took"), sort=True),
        _span("rpo"),
        _state("rpo", gettext_lazy("RPO proof")),
        lists.when("rpo_proven_at", gettext_lazy("Last loss"), sort=True),
        lists.person("business_owner", gettext_lazy("Business owner")),
    ),
    filters=(
        lists.choice("rto_state", gettext_lazy("RTO proof"), choices=ProofState.choices),
        lists.choice("rpo_state", gettext_lazy("RPO proof"), choices=ProofState.choices),
        lists.choice("kind", gettext_lazy("Kind"), choices=AssetKind.choices),
    ),
    search=("code", "name"),
    default_sort="criticality,code",
    empty_title=gettext_lazy("Everything is proven"),
    empty_text=gettext_lazy("Each objective was met within a year, by the latest recovery."),
)


@require_safe
@needs("assets.view_recoverytarget")
def unproven_list(request: SignedInRequest) -> HttpResponse:
    """What is promised and not proven; the most critical first is the next best exercise."""
    at = timezone.now()
    rows = with_proof(Asset.objects.visible_to(request.user).in_use().for_list(), at=at)
    extra = (
        {"title_posts": [{"label": _("On paper"), "url": reverse("assets:unproven_report")}]}
        if request.user.has_perm("assets.view_every_site")
        else {}
    )
    return lists.list_response(
        request,
        WITHOUT_PROOF,
        without_proof(rows),
        at=at,
        template="assets/unproven.html",
        extra=extra,
    )


@require_POST
@needs("assets.view_every_site")
def unproven_report(request: SignedInRequest) -> HttpResponse:
    """Ask for the list on paper."""
    report = request_report(
        kind=UNPROVEN,
        title=_("Objectives without proof"),
        subject_kind=UNPROVEN,
        subject_id=UNPROVEN_SUBJECT,
        subject_code="UNPROVEN",
        language=(get_language() or "en")[:2],
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("reports:detail", uid=report.uid)
