"""Verbs of the risk matrix."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from assets.changes import BadFactsError, need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.models import Risk, RiskMatrix, RiskStatus
from risks.scoring import Scale


@verb
def publish_matrix(
    *,
    name: str,
    likelihoods: Sequence[dict[str, Any]],
    impacts: Sequence[dict[str, Any]],
    levels: Sequence[dict[str, Any]],
    cells: Sequence[Sequence[str]],
    reason: str,
    actor: User | None,
    at: datetime,
) -> RiskMatrix:
    """Put a matrix into force; every risk it judges differently has to be judged again.

    Old judgements stay as they were, under the matrix they were made with: nothing is clamped.
    """
    why = need_reason(reason)
    try:
        scale = Scale.read(likelihoods=likelihoods, impacts=impacts, levels=levels, cells=cells)
    except ValueError as error:
        raise BadFactsError(str(error)) from error
    old = RiskMatrix.objects.select_for_update().active().first()
    version = (RiskMatrix.objects.aggregate(top=Max("version"))["top"] or 0) + 1
    RiskMatrix.objects.active().update(is_active=False)
    matrix = RiskMatrix.objects.create(
        version=version,
        name=name,
        likelihoods=list(likelihoods),
        impacts=list(impacts),
        levels=list(levels),
        cells=[list(row) for row in cells],
        is_active=True,
        activated_at=at,
    )
    to_judge_again = 0
    if old is not None and not scale.judges_like(old.scale):
        judged = Risk.objects.exclude(status=RiskStatus.RETIRED).exclude(level="")
        to_judge_again = judged.filter(reassess_since=None).update(reassess_since=at)
    audit(
        action="matrix.publish",
        obj=matrix,
        actor=actor,
        at=at,
        reason=why,
        before={"version": old.version if old else None},
        after={"version": version, "to_judge_again": to_judge_again},
    )
    publish(topic="risks", kind="matrix", at=at, permission="risks.view_risk")
    return matrix


@verb
def matrix_in_force(*, at: datetime) -> RiskMatrix:
    """The matrix in force; a register that has none starts with the portal's own."""
    matrix = RiskMatrix.objects.active().first()
    return matrix or publish_matrix(
        name="Siaga",
        likelihoods=LIKELIHOODS,
        impacts=IMPACTS,
        levels=LEVELS,
        cells=CELLS,
        reason="First matrix of the register",
        actor=None,
        at=at,
    )
