"""The units to choose from, to filter by, and as a file names them."""

from collections.abc import Callable, Iterable, Mapping

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Unit, UnitQuerySet
from bcp_portal.shared import lists


def choosable(current: int | None = None) -> UnitQuerySet:
    """The units to choose from; a dissolved one stays with what still names it."""
    known = Q(retired_on=None) if current is None else Q(retired_on=None) | Q(pk=current)
    return Unit.objects.filter(known).order_by("name", "code")


def unit_filter() -> lists.Filter:
    """Rows of some units; those of which nobody has said it are a choice of their own."""
    return lists.choice("unit", gettext_lazy("Unit"), choices=lambda ask: _choices())


def _choices() -> list[tuple[int | None, str]]:
    units = [(one.pk, str(one)) for one in Unit.objects.order_by("name", "code")]
    return [*units, (None, _("Unknown"))] if units else []


def unit_names(units: Iterable[Unit]) -> dict[str, Unit]:
    """Units by everything that a file may call them, in small letters; codes win."""
    found: dict[str, Unit] = {}
    known = list(units)
    for names in (
        ((one.code, one) for one in known),
        ((one.name, one) for one in known),
        ((one.name_id, one) for one in known),
    ):
        for name, one in names:
            if name:
                found.setdefault(name.casefold(), one)
    return found


def reader_of_units(known: Mapping[str, Unit]) -> Callable[[str], Unit]:
    """Who finds the unit that a cell names, or says that there is none."""

    def read(text: str) -> Unit:
        found = known.get(text.strip().casefold())
        if found is None:
            raise ValueError(_("There is no organisational unit “%(name)s”.") % {"name": text})
        return found

    return read
