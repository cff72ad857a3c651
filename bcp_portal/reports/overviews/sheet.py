"""An overview as a workbook: one sheet for each table, and one that says what it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

from django.utils.translation import gettext as _

from bcp_portal.reports.overviews.registry import Overview, OverviewPicture
from bcp_portal.reports.overviews.words import typed
from bcp_portal.reports.sheets import write_workbook


def write_overview(
    file: IO[bytes], overview: Overview, picture: OverviewPicture, *, by: str, at: datetime
) -> int:
    """Write the workbook; return the number of rows of all tables."""
    tables: list[tuple[str, Sequence[str], Iterable[Sequence[object]]]] = [
        (
            str(part.title),
            [str(column.label) for column in part.columns],
            [[typed(cell) for cell in row] for row in part.rows],
        )
        for part in picture.parts
    ]
    about: list[Sequence[object]] = [
        [_("Report"), str(overview.label)],
        [_("As of"), at],
        [_("Made for"), by],
        [_("In short"), picture.lead],
        *([str(tile.name), str(tile.value)] for tile in picture.tiles),
    ]
    write_workbook(file, [*tables, (_("About"), [_("What"), _("Value")], about)])
    return sum(len(part.rows) for part in picture.parts)
