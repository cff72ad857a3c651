"""What the business runs on: is it there, until when must it be back, and what holds it up."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from assets.models import Achievement, Asset, AssetKind, Measure
from assets.proof import ProofState, Trial, prove
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import link
from bcp_portal.dashboard.looks import LOOKS, state_of
from bcp_portal.shared.durations import format_duration
from incidents.models import ONGOING, Alert, Incident, IncidentAsset, RunMode

SHOWN = 12
KINDS = (AssetKind.APPLICATION, AssetKind.PROCESS, AssetKind.INTEGRATION, AssetKind.DATABASE)


@dataclass(frozen=True)
class ServiceLine:
    """One service as the left column shows it."""

    code: str
    name: str
    url: str
    state: str
    state_label: str
    tone: str
    deadline: datetime | None = None
    # When it becomes intolerable, if anybody has said when that is.
    mtpd_at: datetime | None = None
    down_at: datetime | None = None
    rto_s: float | None = None
    gated_by: str = ""
    proof: str = ""
    proof_word: str = ""
    is_hit: bool = False
    mark: str = ""


def service_lines(user: User, *, at: datetime) -> list[ServiceLine]:
    """Gather the services in four queries: the hit ones first, then by weight."""
    hits = _hits(user)
    assets = list(
        Asset.objects.visible_to(user)
        .in_use()
        .filter(Q(kind__in=KINDS, criticality__lte=2) | Q(pk__in=hits))
        .select_related("recovery_target", "site__state")
        .order_by("criticality", "name")[:200]
    )
    assets.sort(key=lambda asset: _order(hits.get(asset.pk), asset, at))
    shown = assets[:SHOWN]
    alerted = _alerted(user, shown)
    trials = _trials(shown)
    return [
        _line(asset, hits.get(asset.pk), asset.pk in alerted, trials[asset.pk], at=at)
        for asset in shown
    ]


def _order(hit: IncidentAsset | None, asset: Asset, at: datetime) -> tuple[bool, float, int, str]:
    deadline = hit.rto_deadline() if hit else None
    left = (deadline - at).total_seconds() if deadline else float("inf")
    return (hit is None, left, asset.criticality, asset.name)


def _hits(user: User) -> dict[int, IncidentAsset]:
    if not user.has_perm("incidents.view_incident"):
        return {}
    rows = (
        IncidentAsset.objects.filter(
            incident__in=Incident.objects.visible_to(user).filter(
                status__in=ONGOING, mode=RunMode.LIVE
            ),
            recovered_at=None,
        )
        .select_related("gated_by")
        .order_by("-down_at")
    )
    # Of several incidents the one that has lasted longest decides: its clock ends first.
    return {row.asset_id: row for row in rows}


def _alerted(user: User, assets: list[Asset]) -> set[int]:
    if not user.has_perm("incidents.view_alert"):
        return set()
    rows = Alert.objects.visible_to(user).unresolved().filter(asset__in=assets)
    return {pk for pk in rows.values_list("asset", flat=True) if pk}


def _trials(assets: list[Asset]) -> dict[int, list[Trial]]:
    found: dict[int, list[Trial]] = defaultdict(list)
    rows = Achievement.objects.filter(asset__in=assets, measure=Measure.RTO)
    for pk, achieved, happened_at in rows.values_list("asset", "achieved", "happened_at"):
        found[pk].append(Trial(achieved=achieved, happened_at=happened_at))
    return found


def _line(
    asset: Asset, hit: IncidentAsset | None, is_alerted: bool, trials: list[Trial], *, at: datetime
) -> ServiceLine:
    state, label, tone = _state(asset, hit, is_alerted)
    target = getattr(asset, "recovery_target", None)
    proof = prove(target.rto if target else None, trials, at=at)
    deadline = hit.rto_deadline() if hit else None
    return ServiceLine(
        code=asset.code,
        name=asset.name,
        url=link("assets:detail", asset.code),
        state=state,
        state_label=label,
        tone=tone,
        deadline=deadline,
        mtpd_at=hit.down_at + hit.mtpd if hit and hit.mtpd is not None else None,
        down_at=hit.down_at if hit else None,
        rto_s=hit.rto.total_seconds() if hit and hit.rto else None,
        gated_by=hit.gated_by.name if hit and hit.gated_by else "",
        proof=proof.state.value,
        proof_word=_proof_words(proof.state, proof.latest),
        is_hit=hit is not None,
        mark=f"{state} {deadline}",
    )


def _proof_words(state: ProofState, latest: timedelta | None) -> str:
    if state == ProofState.UNKNOWN:
        return _("no RTO signed")
    words = str(state.label).lower()
    return f"{words} {format_duration(latest)}" if latest else words


def _state(asset: Asset, hit: IncidentAsset | None, is_alerted: bool) -> tuple[str, str, str]:
    if hit is not None:
        if hit.gated_by_id:
            return "degraded", _("held up"), "watch"
        return "down", _("down"), "act"
    if is_alerted:
        return "warning", _("alert"), "watch"
    if asset.site is None:
        # Nobody measures it, so nobody knows: it is not shown as fine.
        return "unknown", _("not watched"), "unknown"
    site_state = getattr(asset.site, "state", None)
    state = state_of(site_state.node_state if site_state else None)
    return state.value, str(state.label), LOOKS[state].tone
