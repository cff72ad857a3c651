"""Verbs of a risk category."""

from datetime import datetime

from assets.changes import check_row
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.default_matrix import CATEGORIES
from risks.models import RiskCategory


@verb
def add_category(
    *, code: str, name: str, name_id: str = "", actor: User | None, at: datetime
) -> RiskCategory:
    """Add a kind of harm that this organisation wants to see apart."""
    category = RiskCategory(code=code.strip().lower(), name=name, name_id=name_id)
    check_row(category)
    category.save()
    after = {"code": category.code, "name": name}
    audit(action="category.add", obj=category, actor=actor, at=at, after=after)
    return category


@verb
def add_first_categories(*, at: datetime) -> None:
    """Give a new register the three categories every register needs."""
    known = set(RiskCategory.objects.values_list("code", flat=True))
    for code, name, name_id in CATEGORIES:
        if code not in known:
            add_category(code=code, name=name, name_id=name_id, actor=None, at=at)
