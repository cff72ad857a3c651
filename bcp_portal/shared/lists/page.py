"""The list as a template sees it: frozen, with everything counted and every address written."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from bcp_portal.shared.lists.cells import Line, RowWriter, cell_css
from bcp_portal.shared.lists.columns import Column
from bcp_portal.shared.lists.filters import Ask, Bound
from bcp_portal.shared.lists.query import ListQuery, apply_query
from bcp_portal.shared.lists.registry import SavedLink, saved_views
from bcp_portal.shared.lists.spec import PAGE_SIZES, BulkAction, ListSpec
from bcp_portal.shared.pages import required_permission
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN

# More menus than this side by side are a wall, not a choice.
NEAR_FILTERS = 5


@dataclass(frozen=True)
class Head:
    """The top of a column."""

    key: str
    label: str
    css: str
    sort_url: str
    order: str


@dataclass(frozen=True)
class Chip:
    """Something that narrows the list, and the address without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class ColumnChoice:
    """A column that may be shown or not."""

    key: str
    label: str
    shown: bool
    fixed: bool


@dataclass(frozen=True)
class ListPage:
    """Everything the list's template shows."""

    spec: ListSpec
    query: ListQuery
    heads: list[Head]
    lines: list[Line]
    total: int
    page: int
    pages: int
    first: int
    last: int
    page_links: list[tuple[int, str]]
    previous_url: str
    next_url: str
    chips: list[Chip]
    clear_url: str
    filters: list[Bound]
    default_names: list[str]
    column_choices: list[ColumnChoice]
    problems: list[str]
    notices: list[str]
    views: list[SavedLink]
    save_url: str
    bulk: list[BulkAction]
    bulk_forms: list[tuple[str, str, str, str, Any]]
    bulk_url: str
    first_url: str
    path: str
    address: str
    csv_url: str
    xlsx_url: str
    page_sizes: tuple[int, ...] = PAGE_SIZES

    @property
    def dom_id(self) -> str:
        """The element that holds this list."""
        return self.spec.dom_id

    @property
    def span(self) -> int:
        """How many columns a line across the whole table has."""
        return len(self.heads) + (1 if self.bulk else 0)

    @property
    def sort(self) -> str:
        """The present order, as it stands in the address."""
        return dict(self.query.pairs).get("sort", "")

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the page around the list, which its form must carry along."""
        return [pair for pair in self.query.pairs if pair[0] in self.spec.keep]

    @property
    def near_filters(self) -> list[Bound]:
        """The filters that stand in the toolbar themselves."""
        return self.filters[:NEAR_FILTERS]

    @property
    def far_filters(self) -> list[Bound]:
        """The filters that are folded away behind one button."""
        return self.filters[NEAR_FILTERS:]

    @property
    def all_url(self) -> str:
        """The address of the whole list."""
        return self.path + self.clear_url

    @property
    def empty_title(self) -> str:
        """What an empty list says first."""
        return str(self.spec.empty_title) or _("Nothing here yet")

    @property
    def narrowed(self) -> bool:
        """Whether there may be more rows than the question lets through."""
        return bool(self.query.words or any(one.is_active for one in self.query.filters))


def build_page(
    spec: ListSpec, query: ListQuery, rows: QuerySet[Any], ask: Ask, *, path: str
) -> ListPage:
    """Answer a question with the keys of one page, their rows, and the views of this person."""
    found = apply_query(spec, query, rows, ask)
    total, page, keys = _keys(found, query)
    pages = max(1, math.ceil(total / query.per))
    start = (page - 1) * query.per
    shown = _rows(found, keys)
    if spec.gather is not None:
        spec.gather(shown)
    write = RowWriter(spec, query.columns, ask).write
    return ListPage(
        spec=spec,
        query=query,
        heads=[_head(query, column) for column in query.columns],
        lines=[write(row) for row in shown],
        total=total,
        page=page,
        pages=pages,
        first=start + 1 if total else 0,
        last=start + len(shown),
        chips=list(_chips(spec, query)),
        clear_url=_clear_url(spec, query),
        filters=list(query.filters),
        default_names=list(spec.default_filters),
        problems=list(query.problems),
        notices=_notices(query, pages),
        path=path,
        address=query.address(),
        **_pager(query, page, pages),
        **_tools(spec, query, ask),
    )


def _keys(found: QuerySet[Any], query: ListQuery) -> tuple[int, int, list[Any]]:
    """How many rows there are, which page is shown, and its keys; mostly with one question."""
    start = (query.page - 1) * query.per
    if not found.query.distinct:
        # Counted aside, so that the store may stop at the end of the page instead of numbering all.
        count = _CountOf(found.order_by().values("pk"), output_field=IntegerField())
        counted = found.annotate(_total=count).values_list("pk", "_total")
        if rows := list(counted[start : start + query.per]):
            return rows[0][1], query.page, [key for key, _total in rows]
        if query.page == 1:
            return 0, 1, []
    total = found.count()
    page = min(query.page, max(1, math.ceil(total / query.per)))
    start = (page - 1) * query.per
    return total, page, list(found.values_list("pk", flat=True)[start : start + query.per])


class _CountOf(Subquery):
    """How many rows another question finds."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted_rows)"


def _rows(found: QuerySet[Any], keys: list[Any]) -> list[Any]:
    """The rows of a page, whose keys are known: sorting keys is cheaper than sorting rows."""
    if not keys:
        return []
    rows = {row.pk: row for row in found.filter(pk__in=keys).order_by()}
    return [rows[key] for key in keys if key in rows]


def _pager(query: ListQuery, page: int, pages: int) -> dict[str, Any]:
    return {
        "page_links": [
            (number, "" if number == page else _page_url(query, number))
            for number in _near(page, pages)
        ],
        "previous_url": _page_url(query, page - 1) if page > 1 else "",
        "next_url": _page_url(query, page + 1) if page < pages else "",
    }


def _tools(spec: ListSpec, query: ListQuery, ask: Ask) -> dict[str, Any]:
    may_export = not spec.export_perm or ask.user.has_perm(spec.export_perm)
    bulk, kept = spec.bulk_for(ask.user), saved_views()
    return {
        "column_choices": [
            ColumnChoice(one.key, str(one.label), one in query.columns, one.fixed)
            for one in spec.columns_for(ask.user)
        ],
        "views": kept.links(ask.user, spec.name) if kept else [],
        "save_url": kept.save_url() if kept else "",
        "bulk": list(bulk),
        "bulk_forms": [
            (one.name, str(one.label), one.css, str(one.confirm), one.form(prefix=one.name))
            for one in bulk
            if one.form
        ],
        "bulk_url": reverse(spec.bulk_url) if bulk else "",
        "first_url": _first_url(spec, ask),
        "csv_url": query.address(without=("page",), export="csv") if may_export else "",
        "xlsx_url": query.address(without=("page",), export="xlsx") if may_export else "",
    }


def _first_url(spec: ListSpec, ask: Ask) -> str:
    """Where the first row of an empty list is made, for somebody who may."""
    if not spec.empty_url:
        return ""
    url = reverse(spec.empty_url)
    needed = required_permission(resolve(url).func)
    return url if needed in (PUBLIC, SIGNED_IN) or ask.user.has_perm(needed) else ""


def _head(query: ListQuery, column: Column) -> Head:
    present = next((key for key in query.sort if key.column.key == column.key), None)
    order, turned = "none", column.key
    if present is not None:
        order = "descending" if present.descending else "ascending"
        turned = column.key if present.descending else f"-{column.key}"
    return Head(
        key=column.key,
        label=str(column.label),
        css=cell_css(column),
        sort_url=query.address(without=("page",), sort=turned) if column.sort else "",
        order=order,
    )


def _near(page: int, pages: int) -> list[int]:
    wanted = {1, pages, *range(page - 2, page + 3)}
    return sorted(number for number in wanted if 1 <= number <= pages)


def _page_url(query: ListQuery, number: int) -> str:
    return query.address(page="" if number == 1 else str(number), without=("page",))


def _chips(spec: ListSpec, query: ListQuery) -> Iterable[Chip]:
    if query.words:
        yield Chip(_("Search"), query.words, query.address(without=("q", "page")))
    for one, bound in zip(spec.filters, query.filters, strict=True):
        if bound.is_active:
            # A usual filter must be switched off by name, or it would come back by itself.
            off = "&" + one.name + "=" if one.name in spec.default_filters else ""
            url = query.address(without=(*one.params, "page"))
            yield Chip(bound.label, bound.summary, (url + off).replace("?&", "?"))


def _clear_url(spec: ListSpec, query: ListQuery) -> str:
    names = tuple(name for one in spec.filters for name in one.params)
    url = query.address(without=("q", "page", *names))
    off = "".join(f"&{name}=" for name in spec.default_filters)
    return (url + off).replace("?&", "?")


def _notices(query: ListQuery, pages: int) -> list[str]:
    notices = []
    if query.ignored:
        notices.append(
            _("Not understood and ignored: %s.") % ", ".join(f"“{name}”" for name in query.ignored)
        )
    if query.page > pages:
        notices.append(_("There is no page %d; this is the last one.") % query.page)
    return notices
