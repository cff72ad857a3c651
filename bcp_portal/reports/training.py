"""Training on paper and as a sheet: everybody against every course."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.selectors.training import Matrix, everybody, training_matrix
from bcp_portal.reports.paper import PaperColumn, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport

KIND = "training"


def heads() -> list[str]:
    """The columns of the list."""
    return [_("Person"), _("Course"), _("State"), _("Done"), _("Counts until"), _("Answers")]


def lines(matrix: Matrix) -> Iterator[list[object]]:
    """One line for each person and each course that is asked of them or was done."""
    for line in matrix.lines:
        for cell in line.cells:
            if cell.tone == "calm" and cell.completion is None:
                continue
            done = cell.completion
            yield [
                line.person.name,
                str(cell.course),
                str(cell.label),
                done.done_at.date() if done else None,
                done.expires_at.date() if done else None,
                f"{done.right_answers}/{done.questions}"
                if done and done.right_answers is not None
                else "",
            ]


def build_training(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the list of who knows what as of a moment."""
    matrix = training_matrix(everybody(), at=at)
    rows = [[cell if cell not in (None, "") else "–" for cell in row] for row in lines(matrix)]
    widths = ("w18", "", "w12", "w15", "w15", "w8")
    shape = zip(heads(), widths, strict=True)
    columns = [
        PaperColumn(head, width, "nowrap" if width == "w15" else "") for head, width in shape
    ]
    tiles = [
        Tile(_("People"), len(matrix.lines)),
        Tile(_("Asked for"), matrix.asked),
        Tile(_("Gaps"), matrix.gaps, tone="watch" if matrix.gaps else "ok"),
        Tile(_("There"), f"{matrix.share} %"),
    ]
    return build_paper(
        "reports/platform/training.html",
        {"tiles": tiles, "table": paper_table(columns, rows), "matrix": matrix},
        payload={"rows": [[str(cell) for cell in row] for row in rows], "language": language},
        title=_("Training"),
        code=f"TRAINING-{at:%Y-%m-%d}",
        language=language,
        at=at,
    )
