"""The verb of the authority matrix: decide a new one; what held before is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.authority import problems
from incidents.models import AuthorityMatrix
from incidents.selectors.authority import authority_in_force


@verb
def change_authority_matrix(
    *, cells: Mapping[str, Sequence[int]], reason: str, actor: User, at: datetime
) -> AuthorityMatrix:
    """Ask for other people from now on; plans that are under way keep what they began with."""
    if found := problems(cells):
        raise DomainError(" ".join(found))
    if not reason.strip():
        raise DomainError(_("Say why: this change is kept with its reason."))
    before = authority_in_force()
    last = AuthorityMatrix.objects.aggregate(last=Max("number"))["last"] or 0
    row = AuthorityMatrix.objects.create(
        number=last + 1,
        cells={right: list(people) for right, people in cells.items()},
        reason=reason,
        made_by=actor,
        made_at=at,
    )
    audit(
        action="authority_matrix.change",
        obj=row,
        actor=actor,
        at=at,
        reason=reason,
        before={right: list(people) for right, people in before.cells.items()},
        after=row.cells,
    )
    return row
