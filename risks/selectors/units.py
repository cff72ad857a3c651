"""The units with what they are judged by, how they stand, and what may be lived with where."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from assets.models import Asset, Unit
from bcp_portal.accounts.models import User
from risks.models import Appetite, Risk
from risks.selectors.appetite import Appetites, appetites_of
from risks.selectors.matrix import (
    LevelBadge,
    Scales,
    family_names,
    level_badge,
    matrices_in_force,
    scales_of,
)


@dataclass(frozen=True)
class UnitLine:
    """A unit, or everything of which nobody has said the unit."""

    unit: Unit | None
    judged_by: str
    risks: int
    above: int
    unrated: int
    assets: int

    @property
    def key(self) -> str:
        """As the filters of the lists name it."""
        return str(self.unit.pk) if self.unit else "none"


@dataclass(frozen=True)
class AppetiteLine:
    """An appetite with its level in the words of a matrix; no badge is no appetite at all."""

    appetite: Appetite
    badge: LevelBadge | None


@dataclass(frozen=True)
class UnitsPage:
    """What the page of units shows."""

    units: list[UnitLine]
    dissolved: list[Unit]
    appetites: list[AppetiteLine]


def units_page(user: User) -> UnitsPage:
    """Gather the page in a fixed number of queries."""
    units = list(Unit.objects.visible_to(user).select_related("judged_by").order_by("name", "code"))
    matrices = matrices_in_force()
    scales, names = scales_of(matrices), dict(family_names(matrices))
    standing = Appetite.objects.standing().select_related("unit", "category", "set_by")
    appetites = list(standing.order_by("unit__name", "category__name", "pk"))
    counts = _counts(user, scales, appetites_of(appetites))
    found = Asset.objects.visible_to(user).in_use().order_by().values_list("unit")
    assets = dict(found.annotate(many=Count("pk")))

    def line(unit: Unit | None) -> UnitLine:
        pk = unit.pk if unit else None
        stance = getattr(unit, "judged_by", None)
        family = stance.matrix_family if stance else ""
        return UnitLine(
            unit=unit,
            judged_by=names.get(family, family),
            risks=counts[pk, "risks"],
            above=counts[pk, "above"],
            unrated=counts[pk, "unrated"],
            assets=assets.get(pk, 0),
        )

    lines = [line(one) for one in units if one.retired_on is None]
    unknown = line(None)
    if units and (unknown.risks or unknown.assets):
        lines.append(unknown)
    return UnitsPage(
        units=lines,
        dissolved=[one for one in units if one.retired_on is not None],
        appetites=[AppetiteLine(one, _badge(scales, one)) for one in appetites],
    )


def _counts(user: User, scales: Scales, appetites: Appetites) -> Counter[tuple[int | None, str]]:
    counts: Counter[tuple[int | None, str]] = Counter()
    risks = Risk.objects.visible_to(user).in_force().order_by()
    for unit_id, unit, category, family, level, again in risks.values_list(
        "unit", "unit__code", "category__code", "matrix_family", "level", "reassess_since"
    ):
        counts[unit_id, "risks"] += 1
        if not level or again is not None:
            counts[unit_id, "unrated"] += 1
        elif not appetites.tolerates(scales.of(family), level, unit=unit or "", category=category):
            counts[unit_id, "above"] += 1
    return counts


def _badge(scales: Scales, one: Appetite) -> LevelBadge | None:
    known = [scale for _version, scale in (scales.versioned(""), *scales.by_family.values())]
    scale = next((each for each in known if one.level in each.by_word), known[0])
    return level_badge(scale, one.level)
