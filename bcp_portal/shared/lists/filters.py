"""The filters of a list: each reads its own parameters, says what it read, and narrows the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any, Protocol

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bcp_portal.shared.lists.labels import Label
from bcp_portal.shared.lists.times import day_words

Choices = Iterable[tuple[Any, Label]]
LARGEST = Decimal(10) ** 15
NOBODY = "none"
MOST_KEPT = 100


@dataclass(frozen=True)
class Ask:
    """Who asks, and when."""

    user: Any
    at: datetime


Apply = Callable[[Any, Any, Ask], QuerySet[Any]]


@dataclass(frozen=True)
class Option:
    """One value a person may choose."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Bound:
    """A filter after it has read its parameters: what to show, what to keep, what went wrong."""

    name: str
    label: str
    kind: str
    value: Any = None
    pairs: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    offer: Callable[[], tuple[Option, ...]] = tuple
    start: str = ""
    end: str = ""
    start_name: str = ""
    end_name: str = ""
    summary: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it narrows anything."""
        return self.value is not None

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """What may be chosen; looked up when a toolbar is drawn, not for the rows alone."""
        return self.offer()

    @property
    def html(self) -> SafeString:
        """Its fields; drawn once for everybody who is offered the same."""
        facts = (self.name, self.kind, self.is_active, self.start, self.end)
        asked = (get_language() or "", *facts, self.start_name, self.end_name)
        # A filter that offers thousands of values is drawn each time rather than kept.
        draw = _draw if len(self.options) <= MOST_KEPT else _draw.__wrapped__
        return draw(asked, self.options)


@lru_cache(maxsize=512)
def _draw(asked: tuple[Any, ...], options: tuple[Option, ...]) -> SafeString:
    names = ("language", "name", "kind", "is_active", "start", "end", "start_name", "end_name")
    facts = dict(zip(names, asked, strict=True))
    return render_to_string("components/list_filter.html", {"filter": facts | {"options": options}})


class Filter(Protocol):
    """Reads parameters of its own names and turns them into a narrower set."""

    @property
    def name(self) -> str:
        """What it is called in the address."""

    @property
    def params(self) -> tuple[str, ...]:
        """The parameters it reads."""

    def bind(self, values: QueryDict, ask: Ask) -> Bound:
        """Read the parameters; never fail, say what could not be read."""

    def narrow(self, rows: QuerySet[Any], value: Any, ask: Ask) -> QuerySet[Any]:
        """Keep the rows that match a value that was read."""


@dataclass(frozen=True)
class ChoiceFilter:
    """One or several of a known set of values."""

    name: str
    label: Label
    choices: Choices | Callable[[Ask], Choices]
    field: str
    apply: Apply | None
    many: bool

    @property
    def params(self) -> tuple[str, ...]:
        """The parameter, repeated for each value."""
        return (self.name,)

    def bind(self, values: QueryDict, ask: Ask) -> Bound:
        """Take the values that are offered; name the others."""
        asked = [one for one in dict.fromkeys(values.getlist(self.name)) if one]
        # Nothing asked is nothing to compare with: what is offered may cost a query.
        known = self._known(ask) if asked else {}
        found = [one for one in asked if one in known]
        problems = tuple(
            _("%(label)s has no “%(value)s”; it was left out.")
            % {"label": self.label, "value": one[:40]}
            for one in asked
            if one not in known
        )
        if not self.many:
            found = found[:1]
        return Bound(
            name=self.name,
            label=str(self.label),
            kind="choice" if self.many else "one",
            value=[known[one][0] for one in found] or None,
            pairs=tuple((self.name, one) for one in found),
            problems=problems,
            offer=lambda: tuple(
                Option(key, label, key in found)
                for key, (_value, label) in (known or self._known(ask)).items()
            ),
            summary=", ".join(known[one][1] for one in found),
        )

    def _known(self, ask: Ask) -> dict[str, tuple[Any, str]]:
        pairs = self.choices(ask) if callable(self.choices) else self.choices
        return {_written(value): (value, str(label)) for value, label in pairs}

    def narrow(self, rows: QuerySet[Any], value: Any, ask: Ask) -> QuerySet[Any]:
        """Keep the rows with one of the values."""
        if self.apply:
            return self.apply(rows, value, ask)
        wanted = Q(**{f"{self.field}__in": [one for one in value if one is not None]})
        if None in value:
            wanted |= Q(**{f"{self.field}__isnull": True})
        return rows.filter(wanted)


@dataclass(frozen=True)
class YesNoFilter:
    """Rows of which something is true, or is not."""

    name: str
    label: Label
    field: str
    apply: Apply | None

    @property
    def params(self) -> tuple[str, ...]:
        """The parameter: yes or no."""
        return (self.name,)

    def bind(self, values: QueryDict, ask: Ask) -> Bound:
        """Read yes or no."""
        words = {"yes": _("Yes"), "no": _("No")}
        asked = values.get(self.name, "")
        problems: tuple[str, ...] = ()
        if asked and asked not in words:
            problems = (_("%(label)s is yes or no; it was left out.") % {"label": self.label},)
        return Bound(
            name=self.name,
            label=str(self.label),
            kind="one",
            value={"yes": True, "no": False}.get(asked),
            pairs=((self.name, asked),) if asked in words else (),
            problems=problems,
            offer=lambda: tuple(Option(key, word, key == asked) for key, word in words.items()),
            summary=words.get(asked, ""),
        )

    def narrow(self, rows: QuerySet[Any], value: Any, ask: Ask) -> QuerySet[Any]:
        """Keep the rows of which it is true (or not)."""
        if self.apply:
            return self.apply(rows, value, ask)
        return rows.filter(**{self.field: value})


@dataclass(frozen=True)
class RangeFilter:
    """Rows between two days or two numbers, both ends included."""

    name: str
    label: Label
    field: str
    apply: Apply | None
    kind: str
    ends: tuple[str, str] = ("from", "to")

    @property
    def params(self) -> tuple[str, ...]:
        """One parameter for each end."""
        return (f"{self.name}_{self.ends[0]}", f"{self.name}_{self.ends[1]}")

    def bind(self, values: QueryDict, ask: Ask) -> Bound:
        """Read both ends; an end that cannot be read is open."""
        read = _read_day if self.kind == "dates" else _read_number
        found: list[Any] = []
        pairs: list[tuple[str, str]] = []
        problems: list[str] = []
        for name in self.params:
            asked = values.get(name, "").strip()
            value = read(asked) if asked else None
            found.append(value)
            if value is not None:
                pairs.append((name, asked))
            elif asked:
                problems.append(self._complaint(asked))
        start, end = found
        if start is not None and end is not None and start > end:
            problems.append(_("%s: the start lies after the end.") % self.label)
        return Bound(
            name=self.name,
            label=str(self.label),
            kind=self.kind,
            value=None if start is None and end is None else (start, end),
            pairs=tuple(pairs),
            problems=tuple(problems),
            start=dict(pairs).get(self.params[0], ""),
            end=dict(pairs).get(self.params[1], ""),
            start_name=self.params[0],
            end_name=self.params[1],
            summary=_range_words(start, end),
        )

    def narrow(self, rows: QuerySet[Any], value: Any, ask: Ask) -> QuerySet[Any]:
        """Keep the rows between both ends."""
        if self.apply:
            return self.apply(rows, value, ask)
        start, end = value
        if self.kind == "dates" and _holds_moments(rows, self.field):
            # A day is the reader's day: from its midnight to the next one.
            start, end = _midnight(start), _midnight(end + timedelta(days=1)) if end else None
            return rows.filter(
                **_bounds(self.field, "gte", start), **_bounds(self.field, "lt", end)
            )
        return rows.filter(**_bounds(self.field, "gte", start), **_bounds(self.field, "lte", end))

    def _complaint(self, asked: str) -> str:
        shape = _("a day like 2026-03-31") if self.kind == "dates" else _("a number like 12.5")
        return _("%(label)s needs %(shape)s, not “%(value)s”; it was left out.") % {
            "label": self.label,
            "shape": shape,
            "value": asked[:40],
        }


def choice(
    name: str,
    label: Label,
    *,
    choices: Choices | Callable[[Ask], Choices],
    field: str = "",
    many: bool = True,
    apply: Apply | None = None,
) -> Filter:
    """Keep rows with one of several known values; the value None is "none of them"."""
    return ChoiceFilter(name, label, choices, field or name, apply, many)


def yes_no(name: str, label: Label, *, field: str = "", apply: Apply | None = None) -> Filter:
    """Keep rows of which something is true, or is not."""
    return YesNoFilter(name, label, field or name, apply)


def dates(name: str, label: Label, *, field: str = "", apply: Apply | None = None) -> Filter:
    """Keep rows between two days of the reader's calendar."""
    return RangeFilter(name, label, field or name, apply, "dates")


def numbers(name: str, label: Label, *, field: str = "", apply: Apply | None = None) -> Filter:
    """Keep rows between two numbers."""
    return RangeFilter(name, label, field or name, apply, "numbers", ("min", "max"))


def _written(value: Any) -> str:
    return NOBODY if value is None else str(getattr(value, "value", value))


def _read_day(asked: str) -> date | None:
    try:
        day = parse_date(asked)
    except ValueError:
        return None
    # Outside these years a day cannot be moved to another zone and back.
    return day if day and 1900 <= day.year <= 9000 else None


def _read_number(asked: str) -> int | float | None:
    try:
        number = Decimal(asked.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > LARGEST:
        return None
    # A fraction stays one: Django rounds a float towards the rows that are meant, a Decimal not.
    return int(number) if number == int(number) else float(number)


def _range_words(start: Any, end: Any) -> str:
    shown = [
        day_words(one) if isinstance(one, date) else str(one)
        for one in (start, end)
        if one is not None
    ]
    if start is not None and end is not None:
        return " – ".join(shown)
    if start is not None:
        return _("from %s") % shown[0]
    return _("up to %s") % shown[0] if shown else ""


def _bounds(name: str, lookup: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {f"{name}__{lookup}": value}


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time.min))


def _holds_moments(rows: QuerySet[Any], path: str) -> bool:
    kind = path_field(rows, path)
    return kind is not None and kind.get_internal_type() == "DateTimeField"


def path_field(rows: QuerySet[Any], path: str) -> Any:
    """The model field at the end of a path, or the annotation of that name; None if neither."""
    if path in rows.query.annotations:
        return rows.query.annotations[path].output_field
    model, found = rows.model, None
    for name in path.split("__"):
        names = {one.name: one for one in model._meta.get_fields()}
        found = names.get(name)
        if found is None:
            return None
        model = getattr(found, "related_model", None) or model
    return found
