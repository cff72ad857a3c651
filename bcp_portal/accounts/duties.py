"""What people answer for, as every room says it: the kinds of open work that have an owner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.functional import Promise

from bcp_portal.accounts.models import User


class Give(Protocol):
    """A verb that makes somebody else the holder of a row."""

    def __call__(self, *, row: Any, to: User, actor: User, at: datetime) -> None:
        """Give the row to a person."""


class Tell(Protocol):
    """A verb that tells a person how much is theirs from now on."""

    def __call__(self, *, person: User, to: User, count: int, at: datetime) -> None:
        """Tell the new holder."""


@dataclass(frozen=True)
class DutyKind:
    """One kind: its open rows, the field that names the holder, and the verb that changes it.

    Without a verb of its own a kind is given by writing the new holder into that field. `words`
    names a row; `right` is the permission without which nobody can do this work, of all rows or of
    one. Whoever runs accounts reads no content of risks and incidents, so those
    rooms give codes and no titles. `places` is the way from a row to the codes of its sites.
    """

    name: str
    label: str | Promise
    rows: Callable[[datetime], QuerySet[Any]]
    holder: str
    give: Give | None = None
    words: Callable[[Any], str] = str
    places: str = ""
    right: str | Callable[[Any], str] = ""

    def right_for(self, row: Any) -> str:
        """The permission that this row asks of whoever holds it; empty: none."""
        return self.right if isinstance(self.right, str) else self.right(row)


_kinds: dict[str, DutyKind] = {}
_told: list[Tell] = []


def register_duty(kind: DutyKind) -> None:
    """Let a room say what people answer for there."""
    _kinds[kind.name] = kind


def duty_kinds() -> list[DutyKind]:
    """Every kind, in the order in which the rooms named them."""
    return list(_kinds.values())


def register_tell(tell: Tell) -> None:
    """Let a room tell people what was handed over to them."""
    if tell not in _told:
        _told.append(tell)


def tellers() -> list[Tell]:
    """Those who tell."""
    return list(_told)
