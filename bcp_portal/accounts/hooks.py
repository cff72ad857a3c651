"""What rooms above tell this one: who cannot leave yet, what else a person has, what an address is.

People stand below assets and incidents, so those rooms register here instead of being imported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.functional import Promise

from bcp_portal.accounts.models import User


class Ending(Protocol):
    """A verb that ends what a leaver lent or borrowed; it returns how much it was."""

    def __call__(self, *, person: User, actor: User, at: datetime) -> int:
        """End it."""


@dataclass(frozen=True)
class DepartureEnd:
    """What ends by itself when somebody leaves: its name for the trail, the verb, and in words."""

    name: str
    end: Ending
    words: Callable[[User, datetime], list[str]] = lambda _person, _at: []


DepartureCheck = Callable[[User], str | None]
AddressCheck = Callable[[str, str], str | None]


@dataclass(frozen=True)
class PersonFact:
    """A line of the person page that another room fills: label, values, where they change."""

    label: str | Promise
    values: Callable[[User], list[str]]
    url_name: str


PlaceSource = Callable[[Sequence[int]], Mapping[int, frozenset[str]]]

CourseSource = Callable[[Sequence[int]], Mapping[int, frozenset[str]]]

_courses: list[CourseSource] = []
_places: list[PlaceSource] = []
_ends: list[DepartureEnd] = []
_departure: list[DepartureCheck] = []
_addresses: list[AddressCheck] = []
_facts: list[PersonFact] = []


def register_departure_check(check: DepartureCheck) -> None:
    """Let a room say, in a sentence, why a person cannot be deactivated yet; None if they can."""
    if check not in _departure:
        _departure.append(check)


def departure_obstacles(user: User) -> list[str]:
    """Everything that stands against deactivating this person."""
    return [sentence for check in _departure if (sentence := check(user))]


def register_departure_end(end: DepartureEnd) -> None:
    """Let a room end what belongs to a person when the person leaves."""
    if end not in _ends:
        _ends.append(end)


def departure_ends() -> list[DepartureEnd]:
    """Everything that ends when somebody leaves."""
    return list(_ends)


def register_address_check(check: AddressCheck) -> None:
    """Let a room say why an address of a kind could never be reached; None if it could."""
    if check not in _addresses:
        _addresses.append(check)


def address_problem(kind: str, address: str) -> str:
    """The first thing that is wrong with an address; empty if nothing is known to be."""
    return next((found for check in _addresses if (found := check(kind, address))), "")


def register_person_fact(fact: PersonFact) -> None:
    """Let a room add a line to every person page."""
    if fact not in _facts:
        _facts.append(fact)


def person_facts() -> list[PersonFact]:
    """The lines that other rooms add."""
    return list(_facts)


def register_place_source(source: PlaceSource) -> None:
    """Let a room say to which places, by their codes, people belong."""
    if source not in _places:
        _places.append(source)


def places_of(user_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The codes of the places that people belong to, as far as a room above knows."""
    found: dict[int, frozenset[str]] = {}
    for source in _places:
        for user_id, codes in source(user_ids).items():
            found[user_id] = found.get(user_id, frozenset()) | codes
    return found


def register_course_source(source: CourseSource) -> None:
    """Let a room say which courses, by their codes, the work of people asks of them."""
    if source not in _courses:
        _courses.append(source)


def courses_asked_of(user_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The codes of the courses that rooms above ask of people, beside the rules of each course."""
    found: dict[int, frozenset[str]] = {}
    for source in _courses:
        for user_id, codes in source(user_ids).items():
            found[user_id] = found.get(user_id, frozenset()) | codes
    return found
