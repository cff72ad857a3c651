"""The units of the demo company, and what each may live with."""

from datetime import datetime

from assets.models import Unit
from bcp_portal.accounts.models import User
from risks.models import RiskCategory
from risks.services.unit import open_unit, set_appetite

UNITS = {
    "OPS": ("Shops and warehouses", "Toko dan gudang"),
    "IT": ("Information technology", "Teknologi informasi"),
    "FIN": ("Finance", "Keuangan"),
}
# By the kind of harm, or the kind of asset; of some risks nobody has said it yet.
OF_CATEGORY = {"security": "IT", "integrity": "FIN", "availability": "OPS"}
OF_KIND = {"database": "IT", "application": "IT", "infrastructure": "IT", "process": "OPS"}


def found_units(*, at: datetime) -> dict[str, Unit]:
    """The units by their codes; opened at the first call."""
    known = {one.code: one for one in Unit.objects.select_related("judged_by")}
    for code, (name, name_id) in UNITS.items():
        if code not in known:
            facts = {"name": name, "name_id": name_id}
            known[code] = open_unit(code=code, facts=facts, actor=None, at=at)
    return known


def say_appetites(people: dict[str, User], *, at: datetime) -> None:
    """Finance lives with less than the matrix allows where figures may be wrong."""
    set_appetite(
        unit=found_units(at=at)["FIN"],
        category=RiskCategory.objects.get(code="integrity"),
        level="low",
        reason="Wrong books are dearer than late ones",
        actor=people["surya"],
        at=at,
    )
