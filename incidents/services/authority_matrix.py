"""The verb of the authority matrix."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from incidents.authority import problems
from incidents.models import AuthorityMatrix
from incidents.selectors.authority import authority_in_force
from incidents.services.decided_matrix import decide_matrix, plain_cells


@verb
def change_authority_matrix(
    *, cells: Mapping[str, Sequence[int]], reason: str, actor: User, at: datetime
) -> AuthorityMatrix:
    """Ask for other people from now on; plans that are under way keep what they began with."""
    return decide_matrix(
        row=AuthorityMatrix(cells=plain_cells(cells), reason=reason),
        problems=problems(cells),
        action="authority_matrix.change",
        before=plain_cells(authority_in_force().cells),
        after=plain_cells(cells),
        actor=actor,
        at=at,
    )
