"""The overview of this room: which objectives nothing bears out."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Asset
from assets.proof import ProofState
from assets.selectors.targets import with_proof, without_proof
from bcp_portal.accounts.models import User
from bcp_portal.reports.overviews.registry import (
    Overview,
    OverviewPicture,
    Part,
    register_overview,
)
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile

TONES = {"proven": "ok", "stale": "watch", "claimed": "watch", "disproved": "act"}


def unproven(user: User, at: datetime) -> OverviewPicture:
    """Objectives that no incident, exercise, restore test or telemetry bears out."""
    in_use = with_proof(Asset.objects.visible_to(user).in_use().for_list(), at=at)
    rows = list(without_proof(in_use).order_by("criticality", "code"))
    total = Asset.objects.visible_to(user).in_use().count()
    disproved = sum("disproved" in (_state(row, "rto"), _state(row, "rpo")) for row in rows)
    return OverviewPicture(
        lead=_("%(n)d of %(all)d assets have an objective that nothing proves.")
        % {"n": len(rows), "all": total},
        tone="act" if disproved else "watch" if rows else "ok",
        tiles=[
            Tile(_("Assets in use"), total),
            Tile(_("Without full proof"), len(rows), tone="watch" if rows else "ok"),
            Tile(_("Disproved"), disproved, tone="act" if disproved else "ok"),
        ],
        parts=[Part(_("Objectives without proof"), _columns(), [_line(row) for row in rows])],
    )


def _columns() -> list[PaperColumn]:
    return [
        PaperColumn(_("Code"), "w15", "mono"),
        PaperColumn(_("Name"), ""),
        PaperColumn("RTO", "w8", "num"),
        PaperColumn(_("RTO proof"), "w12"),
        PaperColumn("RPO", "w8", "num"),
        PaperColumn(_("RPO proof"), "w12"),
        PaperColumn(_("Last recovery"), "w12"),
        PaperColumn(_("Business owner"), "w15"),
    ]


def _line(row: Asset) -> list[object]:
    target = getattr(row, "recovery_target", None)
    proven_at = getattr(row, "rto_proven_at", None)
    owner = row.business_owner
    return [
        row.code,
        row.name,
        getattr(target, "rto", None),
        _mark(_state(row, "rto")),
        getattr(target, "rpo", None),
        _mark(_state(row, "rpo")),
        proven_at.date() if proven_at else None,
        owner.name if owner else None,
    ]


def _mark(state: str) -> Mark:
    return Mark(ProofState(state).label, TONES.get(state, "unknown"))


def _state(row: Asset, measure: str) -> str:
    return str(getattr(row, f"{measure}_state"))


def register() -> None:
    """Tell the registry."""
    register_overview(
        Overview(
            "objectives_without_proof",
            gettext_lazy("Objectives without proof"),
            gettext_lazy("What is promised and borne out by nothing, the most critical first."),
            "assets.view_recoverytarget",
            unproven,
        )
    )
