"""The site's pack on paper: the facts of the edition in force, step by step, with boxes to tick."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, PaperTable, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport
from telemetry.models import SitePack

KIND = "site_pack"
Json = dict[str, Any]


def build_pack_paper(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the paper of the edition that was in force at a moment."""
    packs = SitePack.objects.filter(site=subject_id, made_at__lte=at).select_related("site")
    pack = packs.order_by("-number").first()
    if pack is None:
        pack = SitePack.objects.filter(site=subject_id).select_related("site").earliest("number")
    said = pack.facts["said"].get(language) or pack.facts["said"]["en"]
    return build_paper(
        "telemetry/paper/pack.html",
        {
            "pack": pack,
            "site": pack.facts["site"],
            "said": said,
            "assets": _assets(said["assets"]),
            "levels": [_level(level) for level in said["calls"].get("levels", ())],
            "fallback": _people([said["calls"]["fallback"]]) if said["calls"] else None,
            "people": _people(said["people"]),
        },
        payload={
            "site": pack.facts["site"]["code"],
            "edition": pack.number,
            "sha256": pack.digest,
            "envelope": pack.envelope,
            "facts": pack.facts,
        },
        title=str(pack.site),
        code=f"{pack.site.code}-v{pack.number}",
        language=language,
        at=at,
    )


def _level(level: Json) -> Json:
    lines = [
        line | {"table": _turns(line["turns"]) if line["turns"] else _people(line["people"])}
        for line in level["lines"]
    ]
    return {"after": level["after"], "lines": lines}


def _people(people: list[Json]) -> PaperTable | None:
    if not people:
        return None
    return paper_table(
        [
            PaperColumn(_("Who"), "w35"),
            PaperColumn(_("Phone"), "w25", "nowrap"),
            PaperColumn(_("Mail"), ""),
        ],
        [(person["name"], person["phone"] or "–", person["mail"] or "–") for person in people],
    )


def _turns(turns: list[Json]) -> PaperTable:
    return paper_table(
        [
            PaperColumn(_("From"), "w15", "nowrap"),
            PaperColumn(_("Until"), "w15", "nowrap"),
            PaperColumn(_("Who"), ""),
            PaperColumn(_("Phone"), "w25", "nowrap"),
        ],
        [(turn["from"], turn["until"], turn["name"], turn["phone"] or "–") for turn in turns],
    )


def _assets(assets: list[Json]) -> PaperTable | None:
    if not assets:
        return None
    unknown = _("unknown")
    return paper_table(
        [
            PaperColumn(_("Asset"), "w35"),
            PaperColumn("RTO", "w10", "nowrap"),
            PaperColumn("RPO", "w10", "nowrap"),
            PaperColumn("MTPD", "w10", "nowrap"),
            PaperColumn(_("If it fails"), ""),
        ],
        [
            (
                f"{one['name']} ({one['code']})",
                one["rto"] or unknown,
                one["rpo"] or unknown,
                one["mtpd"] or unknown,
                one["if_it_fails"] or "–",
            )
            for one in assets
        ],
    )
