"""What the rows of a register may name, read once for a portion."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.changes import BadFactsError
from assets.models import Asset, CustomField, ThirdParty, Unit
from assets.selectors.units import unit_names
from bcp_portal.accounts.models import User
from risks.imports.report import LINKS
from risks.models import STANDARD, Risk, RiskCategory, RiskMatrix, Threat
from risks.selectors.matrix import Scales, matrices_in_force, scales_of
from risks.services.matrix import matrix_in_force
from risks.services.newcomers import Newcomer
from risks.services.risk import next_code


@dataclass(frozen=True)
class Lookup:
    """Everything a row may name, read once."""

    risks: dict[str, Risk]
    categories: dict[str, RiskCategory]
    people: dict[str, User]
    units: dict[str, Unit]
    assets: dict[str, Asset]
    threats: dict[str, Threat]
    third_parties: dict[str, ThirdParty]
    scales: Scales
    matrices: dict[str, RiskMatrix]
    fields: list[CustomField]
    # Codes of the file that stand in the register, seen by the importing person or not.
    taken: set[str]
    # The number that the register would give next.
    first_free: int
    newcomers: list["Arrival"] = field(default_factory=list)

    def matrix_of(self, family: str, at: datetime) -> RiskMatrix:
        """By what a family is judged; the first judgement of a register brings its matrix."""
        found = self.matrices.get(family) or self.matrices.get(STANDARD)
        if found is None:
            found = self.matrices[STANDARD] = matrix_in_force(at=at)
        return found

    def next_code(self) -> str:
        """The code after the highest of the register and of those who wait to come in."""
        # A code from the file may be far ahead of the numbers in use, or behind them.
        waiting = (int(one.newcomer.risk.code[2:]) + 1 for one in self.newcomers)
        return f"R-{max(self.first_free, *waiting, 0):03d}"


@dataclass(frozen=True)
class Arrival:
    """A new risk with the line that brought it."""

    line: int
    newcomer: Newcomer


def find_named(known: dict[str, Any], name: str, noun: str) -> Any:
    """What people call by this name or code; BadFactsError if nothing is."""
    found = known.get(name.strip().upper()) or known.get(name.strip().casefold())
    if found is None:
        raise BadFactsError(_("There is no %(noun)s “%(name)s”.") % {"noun": noun, "name": name})
    return found


def read_lookup(actor: User | None, codes: set[str]) -> Lookup:
    """What the importing person may name; the engine's own shell may name everything.

    Of the risks only those that the rows name: a register of ten thousand is not read for each
    portion of a file.
    """
    risks = Risk.objects.all() if actor is None else Risk.objects.visible_to(actor)
    risks = risks.filter(code__in=codes - {""})
    assets = Asset.objects.all() if actor is None else Asset.objects.visible_to(actor)
    people: dict[str, User] = {}
    for person in User.objects.filter(is_active=True):
        for name in (person.name.casefold(), person.email.casefold(), person.username.casefold()):
            if name:
                people[name] = person
    categories: dict[str, RiskCategory] = {}
    for category in RiskCategory.objects.all():
        for name in (category.name, category.name_id, category.code):
            if name:
                categories[name.casefold()] = category
    matrices = matrices_in_force()
    return Lookup(
        risks={risk.code: risk for risk in risks.for_list().prefetch_related(*LINKS)},
        categories=categories,
        people=people,
        units=unit_names(Unit.objects.select_related("judged_by")),
        assets={asset.code.upper(): asset for asset in assets},
        threats={
            name.casefold(): one
            for one in Threat.objects.order_by("-code")
            for name in (one.name_id, one.name, one.code)
        },
        third_parties={
            name.casefold(): one
            for one in ThirdParty.objects.order_by("-code")
            for name in (one.name, one.code)
        },
        scales=scales_of(matrices),
        matrices={one.family: one for one in matrices},
        fields=list(CustomField.objects.in_use().about("risk")),
        taken=set(Risk.objects.filter(code__in=codes - {""}).values_list("code", flat=True)),
        first_free=int(next_code()[2:]),
    )
