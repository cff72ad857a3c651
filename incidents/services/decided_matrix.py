"""The verb of every matrix that is decided as a whole: a new row; what held before is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models.decided_matrix import DecidedMatrix

Matrix = TypeVar("Matrix", bound=DecidedMatrix)


@verb
def decide_matrix(
    *,
    row: Matrix,
    problems: Sequence[str],
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: User,
    at: datetime,
) -> Matrix:
    """Put a matrix that has its cells and its reason into force, unless it has problems."""
    if problems:
        raise DomainError(" ".join(problems))
    if not row.reason.strip():
        raise DomainError(_("Say why: this change is kept with its reason."))
    last = type(row)._default_manager.aggregate(last=Max("number"))["last"] or 0
    row.number, row.made_by, row.made_at = last + 1, actor, at
    row.save(force_insert=True)
    audit(action=action, obj=row, actor=actor, at=at, reason=row.reason, before=before, after=after)
    return row


def plain_cells(cells: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The cells as the store and the trail keep them."""
    return {key: list(row) for key, row in cells.items()}
