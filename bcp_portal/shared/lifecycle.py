"""A lifecycle is a table of allowed moves: written once, read by code, screens and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError

S = TypeVar("S", bound=TextChoices)


class IllegalMoveError(DomainError):
    """The thing is not in a state from which this move is allowed."""


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """The states of one kind of thing, and the moves between them."""

    noun: str
    moves: Mapping[S, frozenset[S]]

    def __post_init__(self) -> None:
        states = type(next(iter(self.moves)))
        if missing := set(states) - set(self.moves):
            raise ValueError(f"{self.noun}: no row for {sorted(missing)}")

    @property
    def final(self) -> frozenset[S]:
        """The states that nothing leaves."""
        return frozenset(state for state, targets in self.moves.items() if not targets)

    def check(self, old: S, new: S) -> None:
        """Refuse a move that the table does not list."""
        if new not in self.moves[old]:
            raise IllegalMoveError(
                _("This %(noun)s is “%(old)s”; it cannot become “%(new)s”.")
                % {"noun": _(self.noun), "old": old.label, "new": new.label}
            )
