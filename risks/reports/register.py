"""The risk register of one moment on paper: nine hundred risks in seconds."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Unit
from bcp_portal.reports.charts import heat_map
from bcp_portal.reports.paper import PaperColumn, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport
from risks.history import Facts, words
from risks.models import STANDARD
from risks.scoring import Scale
from risks.selectors.as_of import PictureRow, picture_of, scales_at
from risks.selectors.matrix import Scales

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def report_subject(moment: datetime) -> int:
    """A moment as the number under which the report is kept: seconds since 2020."""
    return max(1, int((moment - EPOCH).total_seconds()))


def build_register_report(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the register as it was at the moment that the subject names."""
    moment = EPOCH + timedelta(seconds=subject_id)
    # The second was cut off when the moment became a number.
    picture = picture_of("risk", moment + timedelta(seconds=1), user=None)
    scales = scales_at(moment)
    rows = picture.in_force
    return build_paper(
        "risks/paper/register.html",
        {
            "moment": moment,
            "picture": picture,
            "tiles": [*_tiles(rows), *_action_tile(rows, moment.date())],
            "figures": _figures(rows, scales, language),
            "units": _units(rows),
            "actions": actions_table(rows, moment.date()),
            "table": _table([row for row in rows if not row.is_tolerable]),
            "lines": [_line(row) for row in _ranked(rows) if row.is_tolerable],
            "accepted": _accepted(rows),
        },
        payload={
            "as_of": moment.isoformat(),
            "matrix_version": picture.matrix_version,
            "risks": [dict(row.facts) for row in rows],
        },
        title=_("Risk register"),
        code=f"REGISTER-{moment:%Y-%m-%d}",
        language=language,
        at=at,
    )


def _tiles(rows: list[PictureRow]) -> list[Tile]:
    above, unrated = _standing(rows)
    accepted = sum(1 for row in rows if row.facts.get("status") == "accepted")
    return [
        Tile(_("Risks in force"), len(rows)),
        Tile(_("Above tolerance"), above, tone="act" if above else "ok"),
        Tile(_("Unrated"), unrated, _("never within tolerance"), "watch" if unrated else "ok"),
        Tile(_("Accepted"), accepted),
    ]


def _open_actions(rows: list[PictureRow]) -> list[tuple[str, Facts]]:
    """What was still to be done, by the code of its risk; what has no day stands last."""
    found = [
        (row.code, action)
        for row in rows
        for treatment in row.facts.get("treatments", ())
        for action in treatment.get("actions", ())
        if action["status"] == "planned"
    ]
    return sorted(found, key=lambda one: (one[1]["due_on"] or "9999", one[0]))


def _is_overdue(action: Facts, today: date) -> bool:
    return bool(action["due_on"]) and action["due_on"] < today.isoformat()


def _action_tile(rows: list[PictureRow], today: date) -> list[Tile]:
    """How many actions are to be done; nothing where none was ever written down."""
    actions = [action for _code, action in _open_actions(rows)]
    if not actions:
        return []
    late = sum(1 for action in actions if _is_overdue(action, today))
    note = _("%(count)d overdue") % {"count": late}
    return [Tile(_("Actions open"), len(actions), note, "act" if late else "ok")]


def actions_table(rows: list[PictureRow], today: date) -> Any:
    """What is still to be done so that treatments come true; nothing where there is nothing."""
    lines = [
        [
            code,
            action["title"],
            action["owner"],
            action["due_on"] or "–",
            f"{action['cost']:,.0f}" if "cost" in action else "–",
            _("Overdue") if _is_overdue(action, today) else "",
        ]
        for code, action in _open_actions(rows)
    ]
    columns = [
        PaperColumn(_("Code"), "w10", "nowrap mono"),
        PaperColumn(_("What is to be done"), "", ""),
        PaperColumn(_("Owner"), "w15", ""),
        PaperColumn(_("Due on"), "w10", "nowrap"),
        PaperColumn(_("Cost"), "w10", "num"),
        PaperColumn("", "w10", ""),
    ]
    return paper_table(columns, lines) if lines else None


def _units(rows: list[PictureRow]) -> Any:
    """How the units stand; nothing while no risk names one."""
    if not any(row.facts.get("unit") for row in rows):
        return None
    names = {one.code: str(one) for one in Unit.objects.all()}
    by_unit: dict[str, list[PictureRow]] = {}
    for row in rows:
        by_unit.setdefault(row.facts.get("unit", ""), []).append(row)
    # What nobody has said stands last, and is never left out.
    lines = [
        [names.get(unit, unit) or _("Unknown"), len(found), *_standing(found)]
        for unit, found in sorted(by_unit.items(), key=lambda one: (not one[0], one[0]))
    ]
    columns = [
        PaperColumn(_("Unit"), "", ""),
        PaperColumn(_("Risks in force"), "w15", "num"),
        PaperColumn(_("Above tolerance"), "w15", "num"),
        PaperColumn(_("Unrated"), "w15", "num"),
    ]
    return paper_table(columns, lines)


def _standing(rows: list[PictureRow]) -> tuple[int, int]:
    """How many are above what may be lived with, and how many nobody has judged."""
    unrated = sum(1 for row in rows if not row.facts.get("level") or row.facts.get("judge_again"))
    return sum(1 for row in rows if not row.is_tolerable) - unrated, unrated


def _figures(rows: list[PictureRow], scales: Scales, language: str) -> list[Any]:
    """One heat map for each matrix by which anything is judged."""
    families = sorted({row.facts.get("matrix", STANDARD) for row in rows} | {STANDARD})
    return [
        level_figure(
            [row for row in rows if row.facts.get("matrix", STANDARD) == family],
            scales.of(family),
            language,
        )
        for family in families
    ]


def level_figure(rows: list[PictureRow], scale: Scale, language: str) -> Any:
    """The heat map of risks that one matrix judges."""
    # What waits to be judged again stands in no cell: its place belongs to another matrix.
    judged = [
        row.facts["residual"]
        for row in rows
        if row.facts.get("residual") and not row.facts.get("judge_again")
    ]
    counts = Counter((one["likelihood"], one["impact"]) for one in judged)
    most, worst = scale.shape
    up, across = range(most, 0, -1), range(1, worst + 1)
    return heat_map(
        [scale.likelihoods[step - 1].label(language) for step in up],
        [scale.impacts[step - 1].label(language) for step in across],
        [[counts[likelihood, impact] for impact in across] for likelihood in up],
        [[scale.level(likelihood, impact).tone for impact in across] for likelihood in up],
    )


def _table(rows: list[PictureRow]) -> Any:
    columns = [
        PaperColumn(_("Code"), "w10", "nowrap mono"),
        PaperColumn(_("Risk and why it is judged so"), "", ""),
        PaperColumn(_("Owner"), "w15", ""),
        PaperColumn(_("Level"), "w15", ""),
        PaperColumn(_("Answer"), "w20", ""),
    ]
    return paper_table(columns, [_line(row) for row in _ranked(rows)])


def _ranked(rows: list[PictureRow]) -> list[PictureRow]:
    return sorted(rows, key=_rank)


def _rank(row: PictureRow) -> tuple[int, str]:
    return (-(row.facts.get("score") or 99), row.code)


def _line(row: PictureRow) -> list[str]:
    facts = row.facts
    residual = facts.get("residual") or {}
    why = residual.get("rationale", "")
    level = row.badge.label if row.badge else _("Unrated")
    place = f" {residual['likelihood']}×{residual['impact']}" if residual else ""
    answer = words(facts, "acceptance") or words(facts, "treatments") or words(facts, "controls")
    return [
        row.code,
        f"{facts['title']}{f' ({why})' if why else ''}",
        facts["owner"],
        f"{level}{place}",
        answer,
    ]


def _accepted(rows: list[PictureRow]) -> Any:
    lines = [
        [row.code, one["by"], one.get("asked_by") or "–", one["expires_on"], one["reason"]]
        for row in rows
        if (one := row.facts.get("acceptance"))
    ]
    columns = [
        PaperColumn(_("Code"), "w10", "nowrap mono"),
        PaperColumn(_("Accepted by"), "w20", ""),
        PaperColumn(_("Asked by"), "w20", ""),
        PaperColumn(_("Until"), "w12", "nowrap"),
        PaperColumn(_("Reason"), "", ""),
    ]
    return paper_table(columns, lines) if lines else None
