"""The verb of the severity matrix."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from incidents.models import SeverityMatrix
from incidents.selectors.severity import matrix_in_force
from incidents.services.decided_matrix import decide_matrix, plain_cells
from incidents.severity_matrix import problems


@verb
def change_severity_matrix(
    *,
    cells: Mapping[str, Sequence[int]],
    many_sites: int,
    reason: str,
    actor: User,
    at: datetime,
) -> SeverityMatrix:
    """Judge incidents by other cells from now on; those that are open keep what they were given."""
    before = matrix_in_force()
    return decide_matrix(
        row=SeverityMatrix(cells=plain_cells(cells), many_sites=many_sites, reason=reason),
        problems=problems(cells),
        action="severity_matrix.change",
        before={"cells": plain_cells(before.cells), "many_sites": before.many_sites},
        after={"cells": plain_cells(cells), "many_sites": many_sites},
        actor=actor,
        at=at,
    )
