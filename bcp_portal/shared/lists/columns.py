"""The kinds of column: how a value looks on the screen and what it is in a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.db.models.expressions import Expression, F
from django.template.loader import get_template
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bcp_portal.shared.lists.addresses import address_of
from bcp_portal.shared.lists.labels import Label
from bcp_portal.shared.lists.times import day_words, exact_span_words, near_day_words
from bcp_portal.shared.templatetags._spans import (
    absolute_words,
    duration_words,
    relative_words,
)
from bcp_portal.shared.templatetags.siaga import badge as badge_html

SheetValue = str | int | float | Decimal | bool | date | datetime | timedelta | None
Sort = bool | str | Expression | F | tuple[str | Expression | F, ...]
EMPTY = "–"
# Kinds whose cells say their value and nothing else of the row.
ALIKE = frozenset({"text", "when", "duration", "number", "person", "bool"})


@dataclass(frozen=True)
class Inline:
    """A field that may be changed where it stands, and the verb that changes it."""

    field: forms.Field
    perm: str
    save: Callable[..., object]
    row: str
    argument: str


class Shared(TypedDict, total=False):
    """What every kind of column may say."""

    value: Callable[[Any], object] | None
    sort: Sort
    shown: bool
    fixed: bool
    perm: str
    css: str
    edit: Inline | None
    alike: bool


def _along(row: Any, path: str) -> Any:
    """Follow a dotted path; a relation that leads nowhere ends it with None."""
    found = row
    for name in path.replace("__", ".").split("."):
        if found is None:
            return None
        try:
            found = getattr(found, name)
        except ObjectDoesNotExist:
            return None
    return found


@dataclass(frozen=True)
class Column:
    """One fact about a row: where it comes from, how it looks, how it leaves in a file."""

    key: str
    label: Label
    kind: str
    html: Callable[[Any, Any, datetime], str]
    plain: Callable[[Any, Any], SheetValue]
    value: Callable[[Any], object] | None = None
    sort: tuple[str | Expression | F, ...] = ()
    shown: bool = True
    fixed: bool = False
    perm: str = ""
    css: str = ""
    edit: Inline | None = None
    # Cells of one value look alike: a page writes each of them once.
    alike: bool = False

    def of(self, row: Any) -> Any:
        """The value of this row; nothing along the way means nothing at the end."""
        if self.value is not None:
            return self.value(row)
        return _along(row, self.key)


def text(key: str, label: Label, *, max_chars: int = 120, **shared: Unpack[Shared]) -> Column:
    """Words, shortened where they are long, with the whole in the tooltip."""

    def html(_row: Any, value: Any, _at: datetime) -> str:
        words = _words(value)
        if len(words) <= max_chars:
            return format_html("{}", words or EMPTY)
        return format_html('<span title="{}">{}…</span>', words, words[: max_chars - 1].rstrip())

    return _column(key, label, "text", html, lambda _row, value: _words(value), shared)


def code(
    key: str,
    label: Label,
    *,
    url: str = "",
    args: tuple[str, ...] = (),
    **shared: Unpack[Shared],
) -> Column:
    """What people call the row, as the link to its page."""

    def html(row: Any, value: Any, _at: datetime) -> str:
        if value is None:
            return EMPTY
        at_home = (
            address_of(url, [_along(row, one) for one in args or (key,)])
            if url
            else row.get_absolute_url()
        )
        return format_html('<a class="list-code" href="{}">{}</a>', at_home, value)

    with_defaults: Shared = {"sort": True, "fixed": True, **shared}
    return _column(key, label, "code", html, lambda _row, value: _words(value), with_defaults)


def badge(key: str, label: Label, **shared: Unpack[Shared]) -> Column:
    """A state as word, colour and shape."""

    def word(row: Any, value: Any) -> str:
        display = getattr(row, f"get_{key}_display", None)
        if display is not None:
            return str(display())
        return str(getattr(value, "label", value)) if value not in (None, "") else ""

    def html(row: Any, value: Any, _at: datetime) -> str:
        if value in (None, ""):
            return EMPTY
        return badge_html(getattr(value, "value", value), word(row, value))

    return _column(key, label, "badge", html, word, shared)


def when(key: str, label: Label, **shared: Unpack[Shared]) -> Column:
    """A day or a moment: how far away, with the absolute time in the tooltip and in print."""

    def html(_row: Any, value: Any, at: datetime) -> str:
        if value is None:
            return EMPTY
        if isinstance(value, datetime):
            return format_html(
                '<time class="when" datetime="{}" title="{}" data-when>{}</time>',
                value.isoformat(),
                absolute_words(value),
                relative_words(value, now=at),
            )
        near = near_day_words(value, at)
        return format_html(
            '<time class="when" datetime="{}" title="{}">{}</time>',
            value.isoformat(),
            near,
            day_words(value),
        )

    return _column(key, label, "when", html, lambda _row, value: value, shared)


def duration(key: str, label: Label, **shared: Unpack[Shared]) -> Column:
    """A span as "1 h 20 min"; unknown is a dash, never zero."""

    def html(_row: Any, value: Any, _at: datetime) -> str:
        return format_html("{}", duration_words(value))

    def plain(_row: Any, value: Any) -> SheetValue:
        return None if value is None else exact_span_words(value)

    return _column(key, label, "duration", html, plain, shared)


def number(
    key: str, label: Label, *, digits: int = 0, unit: str = "", **shared: Unpack[Shared]
) -> Column:
    """An amount, aligned so that a column of them can be compared."""

    def html(_row: Any, value: Any, _at: datetime) -> str:
        if value is None:
            return EMPTY
        shown = formats.number_format(value, decimal_pos=digits, force_grouping=True)
        return format_html("{} {}", shown, unit) if unit else shown

    return _column(key, label, "number", html, lambda _row, value: value, shared)


def person(key: str, label: Label, **shared: Unpack[Shared]) -> Column:
    """Somebody, by name; nobody is shown as nobody."""

    def html(_row: Any, value: Any, _at: datetime) -> str:
        if value is None:
            return format_html('<span class="nobody">{}</span>', _("nobody"))
        return format_html('<span class="list-person">{}</span>', value)

    return _column(key, label, "person", html, lambda _row, value: _words(value), shared)


def bool_(key: str, label: Label, **shared: Unpack[Shared]) -> Column:
    """Yes or no, with a mark; unknown is neither."""

    def word(_row: Any, value: Any) -> str:
        if value is None:
            return ""
        return _("Yes") if value else _("No")

    def html(row: Any, value: Any, _at: datetime) -> str:
        if value is None:
            return EMPTY
        return format_html(
            '<span class="mark-{}">{}</span>', "yes" if value else "no", word(row, value)
        )

    return _column(key, label, "bool", html, word, shared)


def template(key: str, label: Label, *, template: str, **shared: Unpack[Shared]) -> Column:
    """A cell of the page's own; the template gets `row`, `value` and `at`.

    With `alike=True` it must say nothing of the row but the value.
    """

    def html(row: Any, value: Any, at: datetime) -> str:
        return get_template(template).render({"row": row, "value": value, "at": at})

    def plain(_row: Any, value: Any) -> SheetValue:
        kept = (int, float, Decimal, date, timedelta)
        return value if isinstance(value, kept) and not isinstance(value, bool) else _words(value)

    return _column(key, label, "template", html, plain, shared)


def _column(
    key: str,
    label: Label,
    kind: str,
    html: Callable[[Any, Any, datetime], str],
    plain: Callable[[Any, Any], SheetValue],
    shared: Shared,
) -> Column:
    sort = shared.get("sort", False)
    return Column(
        key=key,
        label=label,
        kind=kind,
        html=html,
        plain=plain,
        sort=_sort_fields(key, sort),
        value=shared.get("value"),
        shown=shared.get("shown", True),
        fixed=shared.get("fixed", False),
        perm=shared.get("perm", ""),
        css=shared.get("css", ""),
        edit=shared.get("edit"),
        alike=shared.get("alike", kind in ALIKE or (kind == "badge" and "value" not in shared)),
    )


def _sort_fields(key: str, sort: Sort) -> tuple[str | Expression | F, ...]:
    if isinstance(sort, bool):
        return (key.replace(".", "__"),) if sort else ()
    return sort if isinstance(sort, tuple) else (sort,)


def _words(value: Any) -> str:
    return "" if value is None else str(value)
