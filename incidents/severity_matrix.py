"""How grave an incident is: what the rule says, held against how far it reaches; arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

# How far it reaches: a few ordinary sites; a vital one or many; a vital one among many.
REACHES = ("ordinary", "wide", "vital_and_wide")
SEVERITIES = (1, 2, 3, 4)
DEFAULT_CELLS: Mapping[str, Sequence[int]] = {
    "1": (1, 1, 1),
    "2": (2, 1, 1),
    "3": (3, 2, 1),
    "4": (4, 3, 2),
}
DEFAULT_MANY_SITES = 5


@dataclass(frozen=True)
class Matrix:
    """Rows: what the rule says, 1 the worst. Columns: the reach. Cells: the severity."""

    cells: Mapping[str, Sequence[int]]
    many_sites: int

    def judge(self, said: int, *, has_vital: bool, sites: int) -> int:
        """The severity of an incident."""
        column = int(has_vital) + int(sites >= self.many_sites)
        return self.cells[str(min(max(said, 1), 4))][column]


DEFAULT = Matrix(DEFAULT_CELLS, DEFAULT_MANY_SITES)


def problems(cells: Mapping[str, Sequence[int]]) -> list[str]:
    """What would be read the wrong way round: a graver cause or a wider reach is never milder."""
    found = []
    for said in SEVERITIES:
        row = cells[str(said)]
        if any(right > left for left, right in pairwise(row)):
            found.append(_("S%(row)s gets milder where more is hit.") % {"row": said})
        if said < 4 and any(
            upper > lower for upper, lower in zip(row, cells[str(said + 1)], strict=True)
        ):
            words = _("S%(row)s is milder than S%(next)s somewhere.")
            found.append(words % {"row": said, "next": said + 1})
    return found
