"""The verb of the severity matrix: decide a new one; what held before is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import SeverityMatrix
from incidents.selectors.severity import matrix_in_force
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
    if found := problems(cells):
        raise DomainError(" ".join(found))
    if not reason.strip():
        raise DomainError(_("Say why: this change is kept with its reason."))
    before = matrix_in_force()
    last = SeverityMatrix.objects.aggregate(last=Max("number"))["last"] or 0
    row = SeverityMatrix.objects.create(
        number=last + 1,
        cells={key: list(row) for key, row in cells.items()},
        many_sites=many_sites,
        reason=reason,
        made_by=actor,
        made_at=at,
    )
    audit(
        action="severity_matrix.change",
        obj=row,
        actor=actor,
        at=at,
        reason=reason,
        before={
            "cells": {key: list(row) for key, row in before.cells.items()},
            "many_sites": before.many_sites,
        },
        after={"cells": row.cells, "many_sites": many_sites},
    )
    return row
