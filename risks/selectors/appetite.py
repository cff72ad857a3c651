"""Who may live with how much: the nearest word about a risk decides, the matrix the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from risks.models import Appetite
from risks.scoring import Scale

# Unit and category; either may be left open.
About = tuple[str, str]


@dataclass(frozen=True)
class Appetites:
    """The appetites of one moment, by the codes of unit and category."""

    levels: Mapping[About, str]

    def nearest(self, scale: Scale, unit: str, category: str) -> tuple[About, str] | None:
        """What says most closely how much may be lived with; None leaves it to the matrix.

        A word that this scale does not know was said about another one and says nothing here.
        """
        for about in ((unit, category), (unit, ""), ("", category)):
            level = self.levels.get(about) if any(about) else None
            if level is not None and (not level or level in scale.by_word):
                return about, level
        return None

    def tolerates(self, scale: Scale, level: str, *, unit: str, category: str) -> bool:
        """May this level be lived with here? Unrated never."""
        known = scale.by_word
        if level not in known:
            return False
        found = self.nearest(scale, unit, category)
        if found is None:
            return scale.is_within_tolerance(level)
        return bool(found[1]) and known[level].rank <= known[found[1]].rank


def appetites_of(rows: Iterable[Appetite]) -> Appetites:
    """These rows as a rule; of two about the same thing the later one holds."""
    return Appetites(
        {
            (one.unit.code if one.unit else "", one.category.code if one.category else ""): (
                one.level
            )
            for one in rows
        }
    )


def appetites_in_force() -> Appetites:
    """The appetites of now. One query."""
    return appetites_of(Appetite.objects.standing().select_related("unit", "category"))


def appetites_at(moment: datetime) -> Appetites:
    """The appetites of a moment. One query."""
    then = Appetite.objects.filter(Q(ended_at=None) | Q(ended_at__gte=moment), set_at__lt=moment)
    return appetites_of(then.select_related("unit", "category").order_by("set_at", "pk"))
