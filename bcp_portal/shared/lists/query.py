"""What a person asked of a list: the address, read into typed values, and written back."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Expression, OrderBy
from django.http import QueryDict
from django.utils.translation import gettext as _

from bcp_portal.shared.lists.columns import Column
from bcp_portal.shared.lists.filters import Ask, Bound, path_field
from bcp_portal.shared.lists.spec import PAGE_SIZES, ListSpec

MOST_WORDS = 8
MOST_CHARS = 200
MOST_SORTS = 3
HIGHEST_PAGE = 10**6
OWN = frozenset({"q", "sort", "cols", "page", "per", "part", "export", "view"})


@dataclass(frozen=True)
class SortKey:
    """A column to sort by, and which way."""

    column: Column
    descending: bool

    def __str__(self) -> str:
        return f"-{self.column.key}" if self.descending else self.column.key


@dataclass(frozen=True)
class ListQuery:
    """A question to a list in which everything is known to the list."""

    words: str
    sort: tuple[SortKey, ...]
    filters: tuple[Bound, ...]
    columns: tuple[Column, ...]
    page: int
    per: int
    pairs: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    ignored: tuple[str, ...]

    def address(self, *, without: tuple[str, ...] = (), **changes: str) -> str:
        """The question as `?…`, with some of it changed; a change to nothing removes."""
        left_out = {*changes, *without}
        pairs = [pair for pair in self.pairs if pair[0] not in left_out]
        pairs += [(name, value) for name, value in changes.items() if value]
        return "?" + urlencode(pairs)


def read_query(spec: ListSpec, values: QueryDict, ask: Ask) -> ListQuery:
    """Read an address; what cannot be read is left out and named, never guessed."""
    reader = _Reader(spec, values, ask)
    words, sort, columns = reader.words(), reader.sort(), reader.columns()
    page = reader.number("page", low=1, high=HIGHEST_PAGE, otherwise=1)
    per = reader.number("per", low=1, high=max(PAGE_SIZES), otherwise=spec.page_size)
    filters = reader.filters()
    return ListQuery(
        words=words,
        sort=sort,
        filters=filters,
        columns=columns,
        page=page,
        per=per,
        pairs=tuple(reader.pairs),
        problems=(*reader.problems, *(text for one in filters for text in one.problems)),
        ignored=reader.ignored(),
    )


def apply_query(spec: ListSpec, query: ListQuery, rows: QuerySet[Any], ask: Ask) -> QuerySet[Any]:
    """Narrow and order the rows; ties are broken by key, so no row is on two pages."""
    for one, bound in zip(spec.filters, query.filters, strict=True):
        if bound.is_active:
            rows = one.narrow(rows, bound.value, ask)
    for word in query.words.split():
        wanted = Q()
        for path in spec.search:
            wanted |= Q(**{f"{path}__icontains": word})
        rows = rows.filter(wanted)
    ordering = [
        _ordering(rows, field, descending=key.descending)
        for key in query.sort
        for field in key.column.sort
    ]
    return rows.order_by(*ordering, "pk")


def _ordering(
    rows: QuerySet[Any], field: str | Expression | F, *, descending: bool
) -> str | OrderBy:
    if not isinstance(field, str):
        return OrderBy(field, descending=descending, nulls_last=True)
    downwards = descending != field.startswith("-")
    name = field.removeprefix("-")
    if not _may_be_empty(rows, name):
        # Plain order, so that an index on the column can serve it.
        return f"-{name}" if downwards else name
    return OrderBy(F(name), descending=downwards, nulls_last=True)


def _may_be_empty(rows: QuerySet[Any], path: str) -> bool:
    steps = path.split("__")
    for depth in range(1, len(steps) + 1):
        found = path_field(rows, "__".join(steps[:depth]))
        if found is None or getattr(found, "null", True):
            return True
    return path in rows.query.annotations


class _Reader:
    """Collects, while reading, what to keep in links and what to complain about."""

    def __init__(self, spec: ListSpec, values: QueryDict, ask: Ask) -> None:
        self.spec, self.values, self.ask = spec, values, ask
        self.offered = spec.columns_for(ask.user)
        self.pairs: list[tuple[str, str]] = [
            (name, value) for name in spec.keep for value in values.getlist(name)
        ]
        self.problems: list[str] = []

    def words(self) -> str:
        asked = self.values.get("q", "")
        if not self.spec.search:
            return ""
        # A NUL would make PostgreSQL refuse the whole query.
        clean = "".join(char if char.isprintable() else " " for char in asked)
        words = clean.split()
        if len(words) > MOST_WORDS or len(clean) > MOST_CHARS:
            self.problems.append(
                _("Only the first %(words)d words (%(chars)d characters) were searched for.")
                % {"words": MOST_WORDS, "chars": MOST_CHARS}
            )
        kept = " ".join(clean[:MOST_CHARS].split()[:MOST_WORDS])
        if kept:
            self.pairs.append(("q", kept))
        return kept

    def sort(self) -> tuple[SortKey, ...]:
        asked = [part for part in self.values.get("sort", "").split(",") if part]
        keys: list[SortKey] = []
        for part in asked[:MOST_SORTS]:
            key = self._sort_key(part)
            if key is None:
                self.problems.append(
                    _("This list cannot be sorted by “%s”.") % part.removeprefix("-")[:40]
                )
            elif key.column.key not in {one.column.key for one in keys}:
                keys.append(key)
        if keys:
            self.pairs.append(("sort", ",".join(str(one) for one in keys)))
            return tuple(keys)
        usual = (self._sort_key(part) for part in self.spec.default_sort.split(",") if part)
        return tuple(key for key in usual if key is not None)

    def _sort_key(self, part: str) -> SortKey | None:
        name = part.removeprefix("-")
        column = next((one for one in self.offered if one.key == name), None)
        if column is None or not column.sort:
            return None
        return SortKey(column, part.startswith("-"))

    def columns(self) -> tuple[Column, ...]:
        asked = [name for value in self.values.getlist("cols") for name in value.split(",") if name]
        usual = tuple(one for one in self.offered if one.shown or one.fixed)
        if not asked:
            return usual
        known = {one.key: one for one in self.offered}
        if unknown := [name for name in asked if name not in known]:
            self.problems.append(
                _("This list has no column “%s”.") % "”, “".join(name[:40] for name in unknown[:5])
            )
        named = [known[name] for name in dict.fromkeys(asked) if name in known]
        if not named:
            return usual
        fixed = [one for one in self.offered if one.fixed and one not in named]
        chosen = (*fixed, *named)
        if chosen != usual:
            self.pairs.append(("cols", ",".join(one.key for one in chosen)))
        return chosen

    def number(self, name: str, *, low: int, high: int, otherwise: int) -> int:
        asked = self.values.get(name, "").strip()
        if not asked:
            return otherwise
        # isdecimal alone would let a number of a million digits reach int().
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 8):
            self.problems.append(_("“%s” is not a number of a page.") % asked[:40])
            return otherwise
        number = min(max(int(asked), low), high)
        if name == "per":
            number = min(PAGE_SIZES, key=lambda size: abs(size - number))
        if number != otherwise:
            self.pairs.append((name, str(number)))
        return number

    def filters(self) -> tuple[Bound, ...]:
        bounds = []
        for one in self.spec.filters:
            usual = self.spec.default_filters.get(one.name)
            values, named = self.values, any(name in self.values for name in one.params)
            if usual and not named:
                values = QueryDict(mutable=True)
                values.setlist(one.name, list(usual))
            bound = one.bind(values, self.ask)
            if named:
                self.pairs += bound.pairs
            if usual and named and not bound.pairs:
                self.pairs.append((one.name, ""))
            bounds.append(bound)
        return tuple(bounds)

    def ignored(self) -> tuple[str, ...]:
        known = OWN | set(self.spec.keep)
        known |= {name for one in self.spec.filters for name in one.params}
        return tuple(name[:40] for name in self.values if name not in known)[:10]
