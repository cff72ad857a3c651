"""Any kind of thing in the register, of one day or between two, on paper."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.reports.paper import PaperColumn, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport, register_report
from risks.history import words
from risks.models import VersionKind
from risks.selectors.as_of import (
    ChangedRow,
    Difference,
    Picture,
    PictureRow,
    difference_of,
    picture_of,
)
from risks.wording import FIELDS, HOW

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
# Two moments in the one number by which a report names its subject; seconds fit until 2088.
SHIFT = 2**31

TITLES: dict[VersionKind, str | Promise] = {
    VersionKind.RISK: gettext_lazy("Risks"),
    VersionKind.CONTROL: gettext_lazy("Controls"),
    VersionKind.PLAN: gettext_lazy("Plans"),
    VersionKind.OBJECTIVE: gettext_lazy("Objectives"),
}
# What fits beside the code on a page that people can read; with the width of each.
PRINTED: dict[VersionKind, tuple[tuple[str, str], ...]] = {
    VersionKind.RISK: (("title", ""), ("owner", "w15"), ("residual", "w15"), ("status", "w12")),
    VersionKind.CONTROL: (("name", ""), ("effectiveness", "w15"), ("tested_on", "w15"),
                          ("owner", "w15")),
    VersionKind.PLAN: (("title", ""), ("version", "w8"), ("state", "w12"), ("owner", "w15"),
                       ("assets", "w25")),
    VersionKind.OBJECTIVE: (("name", ""), ("rto", "w8"), ("rpo", "w8"), ("mtpd", "w8"),
                            ("wrt", "w8"), ("own_restore", "w10"), ("signed_by", "w20")),
}  # fmt: skip


def picture_kind(kind: str) -> str:
    """Under which name these papers are kept."""
    return f"picture-{kind}"


def picture_subject(first: datetime, last: datetime | None) -> int:
    """One moment, or two, as the number under which the paper is kept."""
    return _seconds(first) * SHIFT + (_seconds(last) if last else 0)


def _seconds(moment: datetime) -> int:
    return max(1, int((moment - EPOCH).total_seconds()))


def register_pictures() -> None:
    """Make these papers known, one kind for each kind of thing."""
    for kind, title in TITLES.items():
        register_report(picture_kind(kind), partial(build_picture, kind), label=title)


def build_picture(
    kind: VersionKind, *, subject_id: int, language: str, at: datetime
) -> BuiltReport:
    """Build what the register said at a moment, or what became of it until another."""
    first, last = divmod(subject_id, SHIFT)
    # The second was cut off when the moment became a number.
    moments = [EPOCH + timedelta(seconds=one + 1) for one in (first, last) if one]
    before, *later = (picture_of(kind, moment, user=None) for moment in moments)
    difference = difference_of(before, later[0]) if later else None
    return build_paper(
        "risks/paper/picture.html",
        {
            "picture": before,
            "until": later[0].moment if later else None,
            "tiles": _tiles(before, difference),
            "table": None if difference else _table(kind, before),
            "changed": [_change(one) for one in difference.changed] if difference else [],
        },
        payload=_payload(kind, before, difference),
        title=_title(kind, difference),
        code=_code(kind, before, difference),
        language=language,
        at=at,
    )


def _title(kind: VersionKind, difference: Difference | None) -> str:
    what = str(TITLES[kind])
    return _("%(what)s: what changed") % {"what": what} if difference else what


def _code(kind: VersionKind, before: Picture, difference: Difference | None) -> str:
    days = f"{before.moment:%Y-%m-%d}"
    return f"{kind.upper()}-{days}" + (f"-{difference.after.moment:%Y-%m-%d}" if difference else "")


def _tiles(before: Picture, difference: Difference | None) -> list[Tile]:
    if difference is None:
        return [Tile(_("In force"), len(before.in_force))]
    return [
        Tile(_("Changed"), len(difference.changed)),
        Tile(_("As before"), difference.unchanged),
        Tile(_("In force at the end"), len(difference.after.in_force)),
    ]


def _table(kind: VersionKind, picture: Picture) -> Any:
    names = PRINTED[kind]
    columns = [
        PaperColumn(_("Code"), "w12", "nowrap mono"),
        *(PaperColumn(FIELDS.get(name, name), width) for name, width in names),
    ]
    return paper_table(
        columns,
        [
            [row.code, *(_words(row, name) or "–" for name, _width in names)]
            for row in picture.in_force
        ],
    )


def _words(row: PictureRow, name: str) -> str:
    judged = row.facts.get(name)
    if name == "residual" and judged and row.badge:
        return f"{row.badge.label} {judged['likelihood']}×{judged['impact']}"
    return words(row.facts, name)


def _change(row: ChangedRow) -> dict[str, Any]:
    columns = [
        PaperColumn(_("Field"), "w20"),
        PaperColumn(_("Before"), "w40"),
        PaperColumn(_("After"), "w40"),
    ]
    lines = [
        [str(FIELDS.get(one.field, one.field)), one.before or "–", one.after or "–"]
        for one in row.fields
    ]
    return {"row": row, "how": HOW[row.how], "table": paper_table(columns, lines)}


def _payload(kind: VersionKind, before: Picture, difference: Difference | None) -> dict[str, Any]:
    if difference is None:
        rows = [dict(row.facts) for row in before.in_force]
        return {"kind": kind.value, "as_of": before.moment.isoformat(), "rows": rows}
    return {
        "kind": kind.value,
        "from": before.moment.isoformat(),
        "until": difference.after.moment.isoformat(),
        "changed": [
            {
                "code": row.code,
                "how": row.how,
                "fields": [[one.field, one.before, one.after] for one in row.fields],
                "steps": [
                    [step.at.isoformat(), step.actor, step.action, step.reason]
                    for step in row.steps
                ],
            }
            for row in difference.changed
        ],
    }
