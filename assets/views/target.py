"""Targets: the list of all promises, the form of one, and what was really achieved."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.feasibility import Standing
from assets.forms import AchievementForm, TargetForm
from assets.models import Asset, AssetKind, ProposalStatus, RecoveryTarget, TargetProposal
from assets.proof import ProofState
from assets.selectors.asset_page import asset_page
from assets.selectors.graph import GraphOfRows
from assets.selectors.impact import drawn, impact_view
from assets.selectors.targets import SignState, with_proof, with_signatures
from assets.selectors.waiting import waiting_of, with_waiting
from assets.services.achievement import record_achievement
from assets.services.objective import propose_target
from assets.views.asset import FORM, find_asset
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs


def _target(row: Asset, name: str) -> Any:
    return getattr(getattr(row, "recovery_target", None), name, None)


def _state(measure: str, label: Any) -> lists.Column:
    return lists.template(
        f"{measure}_state",
        label,
        template="assets/_proof_state.html",
        alike=True,
        value=lambda row: ProofState(getattr(row, f"{measure}_state")),
        sort=True,
    )


TARGETS = lists.ListSpec(
    name="assets.targets",
    title=gettext_lazy("Objectives"),
    lead=gettext_lazy("What every asset promises, and whether anything has ever proven it."),
    columns=(
        lists.code("code", gettext_lazy("Code"), url="assets:objective", args=("code",)),
        lists.text("name", gettext_lazy("Name"), sort=True),
        lists.number("criticality", gettext_lazy("Criticality"), sort=True, shown=False),
        lists.template(
            "sign_state",
            gettext_lazy("Signatures"),
            template="assets/_proof_state.html",
            alike=True,
            value=lambda row: SignState(row.sign_state),
            sort=True,
        ),
        lists.duration(
            "rto",
            gettext_lazy("RTO"),
            value=lambda row: _target(row, "rto"),
            sort="recovery_target__rto",
        ),
        _state("rto", gettext_lazy("RTO proof")),
        lists.duration("rto_achieved", gettext_lazy("Last recovery"), sort=True, shown=False),
        lists.duration(
            "rpo",
            gettext_lazy("RPO"),
            value=lambda row: _target(row, "rpo"),
            sort="recovery_target__rpo",
        ),
        _state("rpo", gettext_lazy("RPO proof")),
        lists.duration("rpo_achieved", gettext_lazy("Last loss"), sort=True, shown=False),
        lists.duration(
            "mtpd",
            gettext_lazy("MTPD"),
            value=lambda row: _target(row, "mtpd"),
            sort="recovery_target__mtpd",
            shown=False,
        ),
        lists.when(
            "set_at",
            gettext_lazy("Set at"),
            value=lambda row: _target(row, "set_at"),
            sort="recovery_target__set_at",
            shown=False,
        ),
        lists.person("business_owner", gettext_lazy("Business owner"), shown=False),
    ),
    filters=(
        lists.choice("sign_state", gettext_lazy("Signatures"), choices=SignState.choices),
        lists.choice("rto_state", gettext_lazy("RTO proof"), choices=ProofState.choices),
        lists.choice("rpo_state", gettext_lazy("RPO proof"), choices=ProofState.choices),
        lists.choice("kind", gettext_lazy("Kind"), choices=AssetKind.choices),
    ),
    search=("code", "name"),
    default_sort="criticality,code",
    empty_title=gettext_lazy("No assets yet"),
    empty_text=gettext_lazy("Once an asset is on the map, its objectives are set here."),
)


class StandingWord(NamedTuple):
    """A verdict as a badge takes it; exported as its word."""

    word: str
    label: Any

    def __str__(self) -> str:
        return str(self.label)


STANDING_WORDS = {
    Standing.FEASIBLE: StandingWord("feasible", gettext_lazy("Feasible")),
    Standing.UNKNOWN: StandingWord("unknown", gettext_lazy("Unknown")),
    Standing.INFEASIBLE: StandingWord("infeasible", gettext_lazy("Cannot be met")),
}


def _with_graph(of_rows: GraphOfRows, at: datetime) -> lists.ListSpec:
    """The list with what the dependency graph says about each row, and what waits right now."""

    def restore(row: Asset) -> timedelta | None:
        found = of_rows.graph.verdict.restores.get(row.pk)
        return None if found is None or not found.is_known else timedelta(seconds=found.seconds)

    def gap(row: Asset) -> timedelta | None:
        found, rto = restore(row), _target(row, "rto")
        return None if found is None or rto is None else found - rto

    waiting = lists.template(
        "waiting",
        gettext_lazy("Live exposure"),
        template="assets/_waiting_cell.html",
        alike=True,
        value=lambda row: waiting_of(row, at),
        sort="oldest_waiting",
        perm="telemetry.view_stream",
        css="head-wraps",
    )
    place = [column.key for column in TARGETS.columns].index("rpo") + 1
    head, middle, tail = TARGETS.columns[:5], TARGETS.columns[5:place], TARGETS.columns[place:]
    columns = (
        *head,
        # Only what is fully known; the asset's page shows "at least" and what is missing.
        lists.duration(
            "restore", gettext_lazy("Computed restore"), value=restore, css="head-wraps"
        ),
        lists.duration("gap", gettext_lazy("Gap"), value=gap, shown=False),
        lists.template(
            "standing",
            gettext_lazy("Feasible"),
            template="assets/_standing.html",
            alike=True,
            value=lambda row: STANDING_WORDS[of_rows.graph.standing(row.pk)],
        ),
        *middle,
        waiting,
        *tail,
    )
    return replace(TARGETS, columns=columns, gather=of_rows.gather)


@require_safe
@needs("assets.view_recoverytarget")
def target_list(request: SignedInRequest) -> HttpResponse:
    """Every promise beside what the graph makes of it and what was proven."""
    at = timezone.now()
    assets = Asset.objects.visible_to(request.user).in_use()
    # Only what the columns show: ten thousand assets have many promises, and few look further.
    assets = assets.select_related("recovery_target", "business_owner")
    rows = with_waiting(with_signatures(with_proof(assets, at=at)), request.user)
    extra = {"title_buttons": _buttons(request)}
    return lists.list_response(request, _with_graph(GraphOfRows(), at), rows, at=at, extra=extra)


def _buttons(request: SignedInRequest) -> list[dict[str, Any]]:
    doors = (
        ("assets.sign_target", _("My signatures"), "assets:my_signatures", True),
        ("assets.view_recoverytarget", _("Without proof"), "assets:unproven", False),
        ("assets.view_signatory", _("Who signs"), "assets:signatories", False),
    )
    buttons = [
        {"label": label, "url": reverse(name), "primary": primary}
        for permission, label, name, primary in doors
        if request.user.has_perm(permission)
    ]
    if request.user.has_perm("risks.view_risk"):
        # By address: the room of the histories lies above this one.
        past = f"{reverse('risks:as_of')}?kind=objective"
        buttons.append({"label": _("As of a date"), "url": past, "primary": False})
    return buttons


@require_http_methods(FORM)
@needs("assets.set_target")
def target_set(request: SignedInRequest, code: str) -> HttpResponse:
    """Say how fast an asset must come back, seeing what its dependencies allow."""
    asset = find_asset(request, code)
    at = timezone.now()
    page = asset_page(asset, user=request.user, at=at)
    target = page.target or RecoveryTarget(asset=asset)
    impact = impact_view(asset)
    spans = {name: getattr(target, name) for name in ("rto", "rpo", "mtpd", "wrt")}
    is_signed = TargetProposal.objects.filter(asset=asset, status=ProposalStatus.ADOPTED).exists()

    def run(facts: dict[str, Any]) -> str:
        propose_target(asset=asset, **facts, actor=request.user, at=at)
        return reverse("assets:objective", args=[code])

    return form_door(
        request,
        TargetForm(request.POST or None, instance=target),
        run=run,
        title=_("Objectives of %(code)s") % {"code": code},
        submit=_("Propose"),
        cancel_url=reverse("assets:detail", args=[code]),
        template="assets/target_form.html",
        extra={
            "page": page,
            "impact": impact,
            "curve": drawn(impact, spans),
            "is_signed": is_signed,
        },
    )


@require_http_methods(FORM)
@needs("assets.record_achievement")
def achievement_record(request: SignedInRequest, code: str) -> HttpResponse:
    """Record a recovery that was measured outside the portal."""
    asset = find_asset(request, code)

    def run(facts: dict[str, Any]) -> str:
        record_achievement(asset=asset, **facts, actor=request.user, at=timezone.now())
        return reverse("assets:detail", args=[code])

    return form_door(
        request,
        AchievementForm(request.POST or None),
        run=run,
        title=_("What did a recovery of %(code)s really take?") % {"code": code},
        submit=_("Record"),
        cancel_url=reverse("assets:detail", args=[code]),
    )
