"""Which overviews there are, and what one is made of: the rooms above say so at start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.reports.overviews.words import Mark, shown, typed
from bcp_portal.reports.paper import PaperColumn, PaperTable, Tile, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport, UnknownReportError, register_report
from bcp_portal.shared.lists.labels import Label

PREFIX = "overview."


class NoLongerAllowedError(UnknownReportError):
    """The person for whom it is made may not read this any more."""


@dataclass(frozen=True)
class Part:
    """One table of an overview: heads with widths, rows with plain values."""

    title: Label
    columns: Sequence[PaperColumn]
    rows: Sequence[Sequence[object]]
    note: Label = ""

    @property
    def table(self) -> PaperTable:
        """The same as words in their columns, for page and paper."""
        return paper_table(self.columns, [[shown(cell) for cell in row] for row in self.rows])

    @property
    def labelled(self) -> list[list[tuple[str, object, Label]]]:
        """Cells with the head of their column beside them, for a narrow screen."""
        return [
            [
                (column.css, shown(cell, css="status status-"), column.label)
                for column, cell in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]


@dataclass(frozen=True)
class OverviewPicture:
    """What an overview says at one moment to one person."""

    lead: str
    tiles: list[Tile] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    figures: list[tuple[str, SafeString]] = field(default_factory=list)
    tone: str = "info"


Gather = Callable[[User, datetime], OverviewPicture]


@dataclass(frozen=True)
class Overview:
    """A report about everything that a person may see of one matter."""

    key: str
    label: Label
    lead: Label
    permission: str
    gather: Gather

    @property
    def kind(self) -> str:
        """The kind of report that it is on paper."""
        return PREFIX + self.key

    def is_open_to(self, user: User) -> bool:
        """Whether a person may read it now."""
        return user.is_active and all(map(user.has_perm, (self.permission, READ)))


READ = "reports.request_report"
_overviews: dict[str, Overview] = {}


def register_overview(overview: Overview) -> None:
    """Say who gathers an overview; on paper it is a report like any other."""
    _overviews[overview.key] = overview
    build = partial(build_overview, overview.key)
    register_report(overview.kind, build, label=overview.label, is_sensitive=True)


def overviews_for(user: User) -> list[Overview]:
    """The overviews that a person may read, in the order in which they were told."""
    return [one for one in _overviews.values() if one.is_open_to(user)]


def find_overview(key: str, user: User) -> Overview | None:
    """One overview, if this person may read it."""
    found = _overviews.get(key)
    return found if found is not None and found.is_open_to(user) else None


def overview_label(key: str) -> Label:
    """The name of an overview; its key when nobody tells of it any more."""
    return _overviews[key].label if key in _overviews else key


def build_overview(key: str, *, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build the paper of an overview as the person with this number may see it at that moment."""
    person = User.objects.get(pk=subject_id)
    overview = find_overview(key, person)
    if overview is None:
        raise NoLongerAllowedError(_("%s may not read this report any more.") % person.name)
    picture = overview.gather(person, at)
    return build_paper(
        "reports/overviews/paper.html",
        {"overview": overview, "picture": picture, "person": person},
        payload={
            "report": key,
            "seen_by": person.username,
            "language": language,
            "at": at.isoformat(),
            "figures": [{"name": str(t.name), "value": str(t.value)} for t in picture.tiles],
            "tables": [_facts(part) for part in picture.parts],
        },
        title=str(overview.label),
        code=f"{key.upper().replace('_', '-')}-{at:%Y-%m-%d}",
        language=language,
        at=at,
    )


def _facts(part: Part) -> dict[str, object]:
    return {
        "title": str(part.title),
        "heads": [str(column.label) for column in part.columns],
        "rows": [[_fact(cell) for cell in row] for row in part.rows],
    }


def _fact(cell: object) -> object:
    value = typed(cell)
    return value if value is None or isinstance(value, int | float) else str(value)


__all__ = ["Mark", "Overview", "OverviewPicture", "Part", "register_overview"]
