"""What of this room can be had on paper."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assets.models import Asset
from assets.proof import ProofState
from assets.selectors.targets import with_proof, without_proof
from bcp_portal.reports.paper import PaperColumn, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport
from bcp_portal.shared.durations import format_duration

UNPROVEN = "unproven"
# There is one such list; a report must name the number of its subject.
UNPROVEN_SUBJECT = 1


def build_unproven_report(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the list of objectives without proof as of a moment."""
    rows = list(
        without_proof(with_proof(Asset.objects.in_use().for_list(), at=at)).order_by(
            "criticality", "code"
        )
    )
    total = Asset.objects.in_use().count()
    return build_paper(
        "assets/paper/unproven.html",
        {"tiles": _tiles(rows, total), "table": _table(rows)},
        payload={"assets": [_facts(row) for row in rows], "in_use": total},
        title=_("Objectives without proof"),
        code=f"UNPROVEN-{at:%Y-%m-%d}",
        language=language,
        at=at,
    )


def _tiles(rows: list[Asset], total: int) -> list[Tile]:
    states = Counter(_state(row, "rto") for row in rows)
    return [
        Tile(_("Assets in use"), total),
        Tile(_("Without full proof"), len(rows), tone="watch" if rows else "ok"),
        Tile(_("RTO disproved"), states["disproved"], tone="act" if states["disproved"] else "ok"),
        Tile(_("RTO only claimed"), states["claimed"]),
    ]


def _table(rows: list[Asset]) -> Any:
    columns = [
        PaperColumn(_("Code"), "w12", "nowrap mono"),
        PaperColumn(_("Name"), "", ""),
        PaperColumn("RTO", "w8", "num"),
        PaperColumn(_("RTO proof"), "w15", ""),
        PaperColumn("RPO", "w8", "num"),
        PaperColumn(_("RPO proof"), "w15", ""),
        PaperColumn(_("Last recovery"), "w15", "nowrap"),
    ]
    return paper_table(columns, [_line(row) for row in rows])


def _line(row: Asset) -> list[str]:
    target = getattr(row, "recovery_target", None)
    proven_at = getattr(row, "rto_proven_at", None)
    return [
        row.code,
        row.name,
        format_duration(getattr(target, "rto", None)),
        str(ProofState(_state(row, "rto")).label),
        format_duration(getattr(target, "rpo", None)),
        str(ProofState(_state(row, "rpo")).label),
        date_format(proven_at, "j M Y") if proven_at else _("never"),
    ]


def _state(row: Asset, measure: str) -> str:
    return str(getattr(row, f"{measure}_state"))


def _facts(row: Asset) -> dict[str, Any]:
    target = getattr(row, "recovery_target", None)
    spans = {name: getattr(target, name, None) for name in ("rto", "rpo")}
    return {
        "code": row.code,
        "criticality": row.criticality,
        **{name: None if span is None else span.total_seconds() for name, span in spans.items()},
        "rto_state": _state(row, "rto"),
        "rpo_state": _state(row, "rpo"),
    }
