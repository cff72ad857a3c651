"""Verbs of a risk category."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, set_fields
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.default_matrix import CATEGORIES
from risks.models import STANDARD, Risk, RiskCategory, RiskMatrix
from risks.services.matrix import follow_family

CATEGORY_FACTS = ("name", "name_id", "matrix_family")


@verb
def add_category(
    *,
    code: str,
    name: str,
    name_id: str = "",
    matrix_family: str = STANDARD,
    actor: User | None,
    at: datetime,
) -> RiskCategory:
    """Add a kind of harm that this organisation wants to see apart."""
    category = RiskCategory(
        code=code.strip().lower(), name=name, name_id=name_id, matrix_family=matrix_family
    )
    _check(category)
    category.save()
    after = {"code": category.code, "name": name, "matrix_family": matrix_family}
    audit(action="category.add", obj=category, actor=actor, at=at, after=after)
    return category


@verb
def edit_category(
    *, category: RiskCategory, facts: Mapping[str, Any], reason: str = "", actor: User, at: datetime
) -> int:
    """Rename a category, or judge it by another matrix; how many risks wait to be judged again.

    What was judged by the old matrix stays as it was: nothing is clamped.
    """
    category = RiskCategory.objects.select_for_update().get(pk=category.pk)
    before, after = set_fields(category, facts, CATEGORY_FACTS)
    if not after:
        return 0
    _check(category)
    category.save(update_fields=list(after))
    again = 0
    if "matrix_family" in after:
        again = follow_family(Risk.objects.filter(category=category), at=at)
    audit(
        action="category.edit",
        obj=category,
        actor=actor,
        at=at,
        reason=reason,
        before=before,
        after=after | ({"to_judge_again": again} if again else {}),
    )
    return again


def _check(category: RiskCategory) -> None:
    check_row(category)
    family = category.matrix_family
    if family != STANDARD and not RiskMatrix.objects.active().filter(family=family).exists():
        raise BadFactsError(_("There is no matrix “%s”.") % family)


@verb
def add_first_categories(*, at: datetime) -> None:
    """Give a new register the three categories every register needs."""
    known = set(RiskCategory.objects.values_list("code", flat=True))
    for code, name, name_id in CATEGORIES:
        if code not in known:
            add_category(code=code, name=name, name_id=name_id, actor=None, at=at)
