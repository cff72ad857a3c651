"""Verbs that say by what a unit is judged, and what it and each category may live with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason
from assets.models import Unit
from assets.services.unit import add_unit, edit_unit
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.models import STANDARD, Appetite, Risk, RiskCategory, RiskMatrix, UnitMatrix
from risks.selectors.matrix import scales_in_force
from risks.services.matrix import follow_family
from risks.services.risk import tell


@verb
def open_unit(
    *,
    code: str,
    facts: Mapping[str, Any],
    matrix_family: str = "",
    actor: User | None,
    at: datetime,
) -> Unit:
    """Name a part of the organisation, and the matrix of its own if it has one."""
    unit = add_unit(code=code, facts=facts, actor=actor, at=at)
    if matrix_family:
        judge_unit_by(unit=unit, matrix_family=matrix_family, actor=actor, at=at)
    return unit


@verb
def change_unit(
    *,
    unit: Unit,
    facts: Mapping[str, Any],
    matrix_family: str,
    reason: str = "",
    actor: User,
    at: datetime,
) -> int:
    """Rename a unit or judge it by another matrix; how many risks wait to be judged again."""
    edit_unit(unit=unit, facts=facts, actor=actor, at=at)
    return judge_unit_by(unit=unit, matrix_family=matrix_family, reason=reason, actor=actor, at=at)


@verb
def judge_unit_by(
    *, unit: Unit, matrix_family: str, reason: str = "", actor: User | None, at: datetime
) -> int:
    """Let a matrix judge every risk of a unit; "" gives them back to the matrix of their category.

    What the old matrix said stays as it was: nothing is clamped, it is judged again.
    """
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    standing = UnitMatrix.objects.filter(unit=unit).first()
    was = standing.matrix_family if standing else ""
    if was == matrix_family:
        return 0
    _check_family(matrix_family)
    if matrix_family:
        UnitMatrix.objects.update_or_create(unit=unit, defaults={"matrix_family": matrix_family})
    else:
        UnitMatrix.objects.filter(unit=unit).delete()
    again = follow_family(Risk.objects.filter(unit=unit), at=at)
    audit(
        action="unit.judge_by",
        obj=unit,
        actor=actor,
        at=at,
        reason=reason,
        before={"matrix_family": was},
        after={"matrix_family": matrix_family} | ({"to_judge_again": again} if again else {}),
    )
    tell(at=at)
    return again


def _check_family(family: str) -> None:
    known = family in ("", STANDARD) or RiskMatrix.objects.active().filter(family=family).exists()
    if not known:
        raise BadFactsError(_("There is no matrix “%s”.") % family)


@verb
def set_appetite(
    *,
    unit: Unit | None = None,
    category: RiskCategory | None = None,
    level: str,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Appetite:
    """Say up to which level a unit, a category or both may be lived with; "" is nothing at all."""
    why = need_reason(reason)
    if level and level not in dict(scales_in_force().words()):
        raise BadFactsError(_("No matrix in force has a level “%s”.") % level)
    standing = Appetite.objects.standing().filter(unit=unit, category=category)
    old = standing.select_for_update().first()
    standing.update(ended_at=at)
    made = Appetite(unit=unit, category=category, level=level, reason=why, set_at=at, set_by=actor)
    check_row(made)
    made.save()
    audit(
        action="appetite.set",
        obj=made,
        actor=actor,
        at=at,
        reason=why,
        before={"level": old.level if old else None},
        after=_about(made) | {"level": level},
    )
    tell(at=at)
    return made


@verb
def end_appetite(*, appetite: Appetite, reason: str, actor: User, at: datetime) -> Appetite:
    """Let the next wider word hold again: of the unit, of the category, of the matrix."""
    appetite = Appetite.objects.select_for_update(of=("self",)).get(pk=appetite.pk)
    if appetite.ended_at is not None:
        raise BadFactsError(_("This appetite has ended already."))
    appetite.ended_at = at
    appetite.save(update_fields=["ended_at"])
    audit(
        action="appetite.end",
        obj=appetite,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before=_about(appetite) | {"level": appetite.level},
    )
    tell(at=at)
    return appetite


def _about(one: Appetite) -> dict[str, str]:
    return {
        "unit": one.unit.code if one.unit else "",
        "category": one.category.code if one.category else "",
    }
