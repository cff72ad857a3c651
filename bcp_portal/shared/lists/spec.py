"""What a page says about its list: once, as plain values, read by screen, export and bulk door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from bcp_portal.shared.lists.columns import Column
from bcp_portal.shared.lists.filters import Filter
from bcp_portal.shared.lists.labels import Label

PAGE_SIZES = (25, 50, 100, 200)
BULK_LIMIT = 1000


@dataclass(frozen=True)
class BulkAction:
    """Something a person may tell several rows at once; each row is one call of the verb."""

    name: str
    label: Label
    perm: str
    run: Callable[..., object]
    row: str
    form: Callable[..., forms.Form] | None = None
    confirm: Label = ""
    css: str = ""


@dataclass(frozen=True)
class Export:
    """A file that is about to leave the building: what was in it, and who took it when."""

    list_name: str
    format: str
    rows: int
    columns: tuple[str, ...]
    query: str
    user: Any
    at: datetime


@dataclass(frozen=True)
class ListSpec:
    """One list page: its columns, filters and moves, and the names they are kept under."""

    name: str
    title: Label
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    search: tuple[str, ...] = ()
    default_sort: str = ""
    default_filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page_size: int = 50
    bulk: tuple[BulkAction, ...] = ()
    bulk_url: str = ""
    edit_url: str = ""
    export_name: str = ""
    export_perm: str = ""
    on_export: Callable[[Export], None] | None = None
    keep: tuple[str, ...] = ()
    lead: Label = ""
    empty_title: Label = ""
    empty_text: Label = ""
    empty_url: str = ""
    empty_label: Label = ""
    row_css: Callable[[Any], str] | None = None
    # Told which rows a page shows before their cells are written; a file is written without it.
    gather: Callable[[Sequence[Any]], None] | None = None

    def __post_init__(self) -> None:
        """Refuse a list that contradicts itself when it is written, not when somebody clicks."""
        keys = [column.key for column in self.columns]
        names = [name for one in self.filters for name in one.params]
        for what, found in (("column", keys), ("filter", names)):
            if twice := {one for one in found if found.count(one) > 1}:
                raise ValueError(f"{self.name}: {what} {sorted(twice)} is there twice")
        if taken := {"q", "sort", "cols", "page", "per", "part", "export", "view"} & set(names):
            raise ValueError(f"{self.name}: the names {sorted(taken)} are reserved")
        if unknown := set(self.default_filters) - set(names):
            raise ValueError(f"{self.name}: no filter {sorted(unknown)} to set by default")
        for part in filter(None, self.default_sort.split(",")):
            column = self.column(part.removeprefix("-"))
            if column is None or not column.sort:
                raise ValueError(f"{self.name}: cannot sort by {part}")

    @property
    def dom_id(self) -> str:
        """The element that holds this list."""
        return "list-" + self.name.replace(".", "-").replace("_", "-")

    def column(self, key: str) -> Column | None:
        """The column people call by this key."""
        return next((one for one in self.columns if one.key == key), None)

    def columns_for(self, user: Any) -> tuple[Column, ...]:
        """The columns this person may see at all."""
        return tuple(one for one in self.columns if not one.perm or user.has_perm(one.perm))

    def bulk_for(self, user: Any) -> tuple[BulkAction, ...]:
        """The moves this person may make."""
        return tuple(one for one in self.bulk if user.has_perm(one.perm))


Rows = QuerySet[Any]
