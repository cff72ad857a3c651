"""What rooms above lend to every list: where views are saved, and who is told of an export."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bcp_portal.shared.lists.spec import Export


@dataclass(frozen=True)
class SavedLink:
    """A question somebody has kept under a name."""

    key: str
    name: str
    query: str
    is_shared: bool
    is_own: bool
    delete_url: str = ""


class SavedViews(Protocol):
    """Keeps questions for people; the list machinery only shows them."""

    def links(self, user: Any, list_name: str) -> list[SavedLink]:
        """The views this person may use, in their order, in one query."""

    def save_url(self) -> str:
        """Where the form that keeps a view is sent to."""


ExportHook = Callable[[Export], None]
_kept: list[SavedViews] = []
_hooks: list[ExportHook] = []


def register_saved_views(views: SavedViews) -> None:
    """Say where views are kept; the last word counts."""
    _kept[:] = [views]


def saved_views() -> SavedViews | None:
    """Where views are kept, if anywhere."""
    return _kept[0] if _kept else None


def register_export_hook(hook: ExportHook) -> None:
    """Have a function told of every export, before its first byte leaves."""
    if hook not in _hooks:
        _hooks.append(hook)


def tell_of_export(export: Export, own: ExportHook | None) -> None:
    """Tell everybody who asked to know; one who fails stops the export."""
    for hook in (*_hooks, *((own,) if own else ())):
        hook(export)
