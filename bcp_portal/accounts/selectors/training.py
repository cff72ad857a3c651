"""Who must know what, who does, and for how long: the matrix, and one person's own part of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.hooks import courses_asked_of, places_of
from bcp_portal.accounts.models import Completion, Course, User

SOON = timedelta(days=30)
LABELS: dict[str, str | Promise] = {
    "ok": _("Done"),
    "watch": _("Expires soon"),
    "act": _("Missing"),
    "overdue": _("Expired"),
    "calm": _("Not asked for"),
}


@dataclass(frozen=True)
class Cell:
    """One person and one course: `tone` is a key of LABELS."""

    course: Course
    tone: str
    completion: Completion | None

    @property
    def label(self) -> str | Promise:
        """The state as a word."""
        return LABELS[self.tone]

    @property
    def is_gap(self) -> bool:
        """Whether something that is asked for is missing now."""
        return self.tone in ("act", "overdue")


@dataclass(frozen=True)
class Line:
    """One person's row of the matrix."""

    person: User
    cells: list[Cell]

    @property
    def gaps(self) -> int:
        """How much is missing."""
        return sum(cell.is_gap for cell in self.cells)


@dataclass(frozen=True)
class Matrix:
    """Everybody against every course."""

    courses: list[Course]
    lines: list[Line]

    @property
    def gaps(self) -> int:
        """How much is missing in all."""
        return sum(line.gaps for line in self.lines)

    @property
    def asked(self) -> int:
        """How much is asked for in all."""
        return sum(cell.tone != "calm" for line in self.lines for cell in line.cells)

    @property
    def share(self) -> int:
        """How much of what is asked for is there, in per cent."""
        return round(100 * (self.asked - self.gaps) / self.asked) if self.asked else 100


def training_matrix(people: Iterable[User], *, at: datetime) -> Matrix:
    """Gather the matrix in a fixed number of queries; people come with their groups."""
    found = list(people)
    courses = list(Course.objects.in_use().prefetch_related("rules"))
    newest = _newest(found)
    places = places_of([person.pk for person in found])
    from_work = courses_asked_of([person.pk for person in found])
    lines = [
        Line(
            person,
            [
                _cell(
                    course,
                    newest.get((person.pk, course.pk)),
                    is_asked=course.code in from_work.get(person.pk, ())
                    or _is_asked(person, course, places.get(person.pk, frozenset())),
                    at=at,
                )
                for course in courses
            ],
        )
        for person in found
    ]
    return Matrix(courses, lines)


def everybody() -> Iterable[User]:
    """Active people with their groups, by name."""
    return (
        User.objects.filter(is_active=True)
        .prefetch_related("groups")
        .order_by("first_name", "last_name", "username")
    )


def own_training(person: User, *, at: datetime) -> list[Cell]:
    """What a person is asked to know, what is missing first."""
    matrix = training_matrix(User.objects.filter(pk=person.pk).prefetch_related("groups"), at=at)
    cells = [cell for line in matrix.lines for cell in line.cells]
    order = ["overdue", "act", "watch", "ok", "calm"]
    return sorted(cells, key=lambda cell: order.index(cell.tone))


def _newest(people: list[User]) -> dict[tuple[int, int], Completion]:
    done = Completion.objects.filter(person__in=people).order_by("done_at", "pk")
    return {(one.person_id, one.course_id): one for one in done}


def _is_asked(person: User, course: Course, places: frozenset[str]) -> bool:
    roles = {group.name for group in person.groups.all()}
    return any(
        (not rule.role or rule.role in roles) and (not rule.place or rule.place in places)
        for rule in course.rules.all()
    )


def _cell(course: Course, done: Completion | None, *, is_asked: bool, at: datetime) -> Cell:
    if done is None:
        return Cell(course, "act" if is_asked else "calm", None)
    if done.expires_at <= at:
        return Cell(course, "overdue" if is_asked else "calm", done)
    soon = is_asked and done.expires_at - at <= SOON
    return Cell(course, "watch" if soon else "ok", done)
