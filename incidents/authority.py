"""Which deeds of a plan take two people, by how grave the incident is; arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from incidents.models import StepRight

SEVERITIES = (1, 2, 3, 4)
ONE, TWO = 1, 2


@dataclass(frozen=True)
class Authority:
    """Rows: what a step may ask for. Columns: the severity, 1 the worst. Cells: how many people."""

    cells: Mapping[str, Sequence[int]]

    def people(self, right: str) -> Sequence[int]:
        """How many people each severity takes; what nobody has decided takes one."""
        return self.cells.get(right, (ONE,) * len(SEVERITIES))

    def takes_two(self, right: str, *, severity: int) -> bool:
        """Whether a second person with the right must agree."""
        return bool(right) and self.people(right)[severity - 1] == TWO


# What comes along: the plan alone says where it takes two.
DEFAULT = Authority({})


def problems(cells: Mapping[str, Sequence[int]]) -> list[str]:
    """What would be read the wrong way round: what is graver never takes fewer people."""
    return [
        _("“%(right)s” takes more people where the incident is less grave.")
        % {"right": StepRight(right).label}
        for right, people in cells.items()
        if any(worse < milder for worse, milder in pairwise(people))
    ]
