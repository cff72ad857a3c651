"""The coverage on paper and as a sheet."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from bcp_portal.reports.evidence.coverage import FrameworkState, coverage
from bcp_portal.reports.paper import PaperColumn, PaperTable, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport

KIND = "coverage"


def build_coverage(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the evidence by clause as of a moment."""
    states = coverage(at=at)
    return build_paper(
        "reports/platform/coverage.html",
        {
            "tiles": [
                Tile(state.title, f"{state.shown}/{len(state.clauses)}", f"{state.share} %")
                for state in states
            ],
            "parts": [(state, _table(state)) for state in states],
        },
        payload={"clauses": [[str(c) for c in row] for row in sheet(states)], "language": language},
        title=_("Evidence by clause"),
        code=f"COVERAGE-{at:%Y-%m-%d}",
        language=language,
        at=at,
    )


def heads() -> list[str]:
    """The columns of the sheet."""
    return [_("Standard"), _("Clause"), _("What it asks"), _("State"), _("Evidence"), _("Gaps")]


def sheet(states: list[FrameworkState]) -> Iterator[list[object]]:
    """One line for each clause."""
    for state in states:
        for clause in state.clauses:
            evidence = "; ".join(
                f"{one.kind.label}: {one.evidence.count}"
                + (f" ({one.evidence.newest_at:%Y-%m-%d})" if one.evidence.newest_at else "")
                for one in clause.found
            )
            title = f"{state.title}:{state.edition}"
            yield [
                title,
                clause.ref,
                clause.words,
                str(clause.label),
                evidence,
                " ".join(clause.gaps),
            ]


def _table(state: FrameworkState) -> PaperTable:
    columns = [
        PaperColumn(_("Clause"), "w10"),
        PaperColumn(_("What it asks, in our words"), "w25"),
        PaperColumn(_("State"), "w12"),
        PaperColumn(_("Evidence"), "w18"),
        PaperColumn(_("Gaps")),
    ]
    lines = zip(sheet([state]), state.clauses, strict=True)
    return paper_table(columns, [[*row[1:5], _one_each(clause.gaps)] for row, clause in lines])


def _one_each(gaps: list[str]) -> str:
    """Each gap on a line of its own."""
    return format_html_join("", "{}<br>", ((gap,) for gap in gaps)) if gaps else "–"
