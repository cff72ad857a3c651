"""Verbs of the risk matrix."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from assets.changes import BadFactsError, check_row, need_reason
from assets.models import Unit
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.models import STANDARD, Risk, RiskCategory, RiskMatrix, RiskQuerySet
from risks.scoring import Scale


@verb
def publish_matrix(
    *,
    name: str,
    family: str = STANDARD,
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
    scale = _checked(likelihoods=likelihoods, impacts=impacts, levels=levels, cells=cells)
    standing = RiskMatrix.objects.active().filter(family=family)
    old = standing.select_for_update().first()
    version = (RiskMatrix.objects.aggregate(top=Max("version"))["top"] or 0) + 1
    standing.update(is_active=False)
    matrix = RiskMatrix(
        family=family,
        version=version,
        name=name,
        likelihoods=list(likelihoods),
        impacts=list(impacts),
        levels=list(levels),
        cells=[list(row) for row in cells],
        is_active=True,
        activated_at=at,
    )
    check_row(matrix)
    matrix.save()
    to_judge_again = 0
    if old is not None and not scale.judges_like(old.scale):
        to_judge_again = judge_again(Risk.objects.filter(matrix_family=family), at=at)
    audit(
        action="matrix.publish",
        obj=matrix,
        actor=actor,
        at=at,
        reason=why,
        before={"version": old.version if old else None},
        after={"version": version, "family": family, "to_judge_again": to_judge_again},
    )
    publish(topic="risks", kind="matrix", at=at, permission="risks.view_risk")
    return matrix


def _checked(**parts: Any) -> Scale:
    try:
        return Scale.read(**parts)
    except ValueError as error:
        raise BadFactsError(str(error)) from error


def judge_again(risks: RiskQuerySet, *, at: datetime) -> int:
    """Leave these risks to be judged again, as far as they are in force and judged; how many."""
    judged = risks.in_force().exclude(level="").filter(reassess_since=None)
    return Risk.objects.filter(pk__in=list(judged.values_list("pk", flat=True))).update(
        reassess_since=at
    )


def family_of(category: RiskCategory, unit: Unit | None) -> str:
    """By which family a risk is judged: its unit's, if that names one, or else its category's."""
    stance = getattr(unit, "judged_by", None)
    return str(stance.matrix_family if stance else category.matrix_family)


def follow_family(risks: RiskQuerySet, *, at: datetime) -> int:
    """Let these risks be judged by what their unit or category says now; how many wait for it."""
    moved: dict[str, list[int]] = {}
    rows = risks.values_list(
        "pk", "matrix_family", "unit__judged_by__matrix_family", "category__matrix_family"
    )
    for pk, was, of_unit, of_category in rows:
        family = of_unit or of_category
        if family != was:
            moved.setdefault(family, []).append(pk)
    again = 0
    for family, pks in moved.items():
        of_them = Risk.objects.filter(pk__in=pks)
        of_them.update(matrix_family=family)
        again += judge_again(of_them, at=at)
    return again


@verb
def matrix_in_force(*, at: datetime, family: str = STANDARD) -> RiskMatrix:
    """The matrix of a family in force, or the standard one; the first is the portal's own."""
    known = {one.family: one for one in RiskMatrix.objects.active()}
    matrix = known.get(family) or known.get(STANDARD)
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
