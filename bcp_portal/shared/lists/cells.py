"""Rows of a list written as HTML: what all rows of a page share is written once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bcp_portal.shared.lists.addresses import address_of
from bcp_portal.shared.lists.columns import Column
from bcp_portal.shared.lists.filters import Ask
from bcp_portal.shared.lists.spec import ListSpec


@dataclass(frozen=True)
class Line:
    """One row, already written."""

    pk: str
    label: str
    html: SafeString


class CellWriter:
    """Writes the cells of one column for one reader; what all rows share is written once."""

    def __init__(self, spec: ListSpec, column: Column, ask: Ask) -> None:
        self.column, self.at = column, ask.at
        self.opening = format_html(
            '<td class="{}" data-label="{}" data-column="{}">',
            cell_css(column),
            column.label,
            column.key,
        )
        edit = column.edit
        may_edit = edit is not None and spec.edit_url and ask.user.has_perm(edit.perm)
        self.edit_url = spec.edit_url if may_edit else ""
        self.change = _("Change %(field)s of %(row)s") % {"field": column.label, "row": "\0"}
        self.written: dict[Any, SafeString] = {}

    def write(self, row: Any) -> str:
        """One cell, with the way to change it if there is one; all of it is escaped."""
        value = self.column.of(row)
        inner = self._alike(row, value) if self.column.alike else self._inner(row, value)
        pencil = self._pencil(row) if self.edit_url else ""
        return f"{self.opening}{inner}{pencil}</td>"

    def _inner(self, row: Any, value: Any) -> SafeString:
        return conditional_escape(self.column.html(row, value, self.at))

    def _alike(self, row: Any, value: Any) -> SafeString:
        # 1, 1.0 and True are equal, but do not look alike.
        key = (type(value), value)
        try:
            known = self.written.get(key)
        except TypeError:  # a list, say, cannot be a key
            return self._inner(row, value)
        if known is None:
            known = self.written[key] = self._inner(row, value)
        return known

    def _pencil(self, row: Any) -> SafeString:
        url = address_of(self.edit_url, [row.pk, self.column.key])
        return format_html(
            ' <a class="cell-edit" href="{}" hx-get="{}?part=cell" hx-target="closest td"'
            ' hx-swap="outerHTML"><span class="visually-hidden">{}</span></a>',
            url,
            url,
            self.change.replace("\0", row_label(row)),
        )


def cell_html(spec: ListSpec, column: Column, row: Any, user: Any, at: datetime) -> SafeString:
    """One cell by itself, as the field in place shows it again after a change."""
    return mark_safe(CellWriter(spec, column, Ask(user, at)).write(row))


def cell_css(column: Column) -> str:
    """The classes of a cell and of the head above it."""
    own = {"number": "num", "code": "code", "duration": "num"}.get(column.kind, "")
    return " ".join(filter(None, (f"cell-{column.kind}", own, column.css)))


def row_label(row: Any) -> str:
    """What people call the row."""
    return str(getattr(row, "code", "") or row)


class RowWriter:
    """Writes the rows of one page for one reader."""

    def __init__(self, spec: ListSpec, columns: Iterable[Column], ask: Ask) -> None:
        self.row_css = spec.row_css
        self.cells = [CellWriter(spec, column, ask).write for column in columns]
        self.box, self.select = "", ""
        if spec.bulk_for(ask.user):
            self.select = _("Select %(label)s") % {"label": "%s"}
            self.box = (
                '<td class="shrink no-print"><input class="form-check-input" type="checkbox"'
                f' name="ids" value="%s" form="{spec.dom_id}-bulk" data-list-row'
                ' aria-label="%s"></td>'
            )

    def write(self, row: Any) -> Line:
        """One row with its box to tick, if there is anything to be told to it."""
        pk, label = str(row.pk), row_label(row)
        css = self.row_css(row) if self.row_css else ""
        box = ""
        if self.box:
            box = self.box % (conditional_escape(pk), conditional_escape(self.select % label))
        opening = format_html('<tr data-key-item class="{}">', css) if css else "<tr data-key-item>"
        cells = "".join(write(row) for write in self.cells)
        # Every part of it was escaped where it was made.
        return Line(pk=pk, label=label, html=mark_safe(f"{opening}{box}{cells}</tr>"))
