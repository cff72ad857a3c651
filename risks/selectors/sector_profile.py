"""Read models of the sector profiles: what each switches on, what is there, and who must know."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.functional import Promise

from assets.models import Sector, Site
from bcp_portal.accounts.models import Course, User
from bcp_portal.accounts.selectors.training import Cell, everybody, training_matrix
from incidents.models import Playbook
from incidents.playbooks.reader import ready_plans
from risks.models import Control
from telemetry.detection.catalogue import CATALOGUE, RuleSpec
from telemetry.detection.tuning import Tuning, defaults, read_tuning
from telemetry.models import SectorProfile
from telemetry.sector_profiles import (
    LIMITS,
    Asks,
    ProposedControl,
    all_asks,
    asks_in,
    courses_of,
    proposed_controls,
    shipped,
)
from telemetry.selectors_rules import ABOUT


@dataclass(frozen=True)
class ProfileLine:
    """One sector of the list."""

    sector: str
    label: str
    about: str | Promise
    sites: int
    rules: int
    limits: int
    controls: int
    controls_here: int
    courses: int
    playbooks: int
    playbooks_here: int
    number: int


@dataclass(frozen=True)
class RuleLine:
    """A rule that is off or asks with other numbers in this sector; each with the usual one."""

    spec: RuleSpec
    is_on: bool
    numbers: list[tuple[str, str, str]]


@dataclass(frozen=True)
class ControlLine:
    """A control that is asked for, and the one of the register that answers it."""

    code: str
    proposed: ProposedControl | None
    here: Control | None


@dataclass(frozen=True)
class PlaybookLine:
    """A playbook that is asked for, and whether it is here."""

    code: str
    title: str
    here: Playbook | None


@dataclass(frozen=True)
class CourseLine:
    """A course that is asked for, and who must know it by their places of this sector."""

    code: str
    course: Course | None
    people: list[tuple[User, Cell]]


@dataclass(frozen=True)
class Version:
    """One version of the organisation's copy, and what it changed."""

    row: SectorProfile
    added: list[str]
    dropped: list[str]


@dataclass(frozen=True)
class ProfilePage:
    """Everything about one sector."""

    sector: str
    label: str
    about: str | Promise
    asks: Asks
    limits: list[tuple[str | Promise, int]]
    rules: list[RuleLine]
    controls: list[ControlLine]
    playbooks: list[PlaybookLine]
    courses: list[CourseLine]
    sites: list[Site]
    versions: list[Version]

    @property
    def missing_controls(self) -> list[ControlLine]:
        """Proposals that nobody has taken over."""
        return [line for line in self.controls if line.here is None and line.proposed]

    @property
    def missing_playbooks(self) -> list[PlaybookLine]:
        """Ready playbooks that nobody has taken over."""
        return [line for line in self.playbooks if line.here is None]


def profile_lines(user: User) -> list[ProfileLine]:
    """All sectors, in a fixed number of queries."""
    asked, tuning = all_asks(), read_tuning()
    controls = set(Control.objects.visible_to(user).in_place().values_list("code", flat=True))
    playbooks = set(Playbook.objects.visible_to(user).values_list("code", flat=True))
    open_sites = Site.objects.visible_to(user).open().values("sector").annotate(n=Count("pk"))
    sites = dict(open_sites.values_list("sector", "n"))
    return [
        ProfileLine(
            sector=sector,
            label=str(Sector(sector).label),
            about=ABOUT[sector],
            sites=sites.get(sector, 0),
            rules=len(_rules(tuning, sector)),
            limits=len(asks.limits),
            controls=len(asks.controls),
            controls_here=len(controls & set(asks.controls)),
            courses=len(asks.courses),
            playbooks=len(asks.playbooks),
            playbooks_here=len(playbooks & set(asks.playbooks)),
            number=asks.number,
        )
        for sector, asks in asked.items()
    ]


def profile_page(sector: str, *, user: User, at: datetime) -> ProfilePage:
    """One sector, in a fixed number of queries."""
    asks = all_asks()[sector]
    return ProfilePage(
        sector=sector,
        label=str(Sector(sector).label),
        about=ABOUT[sector],
        asks=asks,
        limits=[(LIMITS[name], most) for name, most in asks.limits.items()],
        rules=_rules(read_tuning(), sector),
        controls=_controls(sector, asks, user),
        playbooks=_playbooks(asks, user),
        courses=_courses(sector, asks, user, at=at),
        sites=list(Site.objects.visible_to(user).open().filter(sector=sector).order_by("code")),
        versions=_versions(sector, user),
    )


def ready_titles() -> dict[str, str]:
    """The playbooks that come along, by code."""
    return {plan.code: plan.title for plan in ready_plans()}


def _rules(tuning: Tuning, sector: str) -> list[RuleLine]:
    lines = []
    for spec in CATALOGUE:
        here = tuning.of(spec.code, 0, sector)
        usual = defaults(spec.code)
        if here == usual or spec.is_fleet_wide:
            continue
        numbers = [
            (str(one.label), _with_unit(here[one.name], one.unit), f"{usual[one.name]:g}")
            for one in spec.limits
            if here[one.name] != usual[one.name]
        ]
        lines.append(RuleLine(spec, here.is_on, numbers))
    return lines


def _with_unit(value: float, unit: str) -> str:
    return f"{value:g} {unit}".strip()


def _controls(sector: str, asks: Asks, user: User) -> list[ControlLine]:
    rows = Control.objects.visible_to(user).in_place().filter(code__in=asks.controls)
    here = {row.code: row for row in rows.select_related("owner")}
    proposed = proposed_controls(sector)
    return [ControlLine(code, proposed.get(code), here.get(code)) for code in asks.controls]


def _playbooks(asks: Asks, user: User) -> list[PlaybookLine]:
    rows = Playbook.objects.visible_to(user).filter(code__in=asks.playbooks)
    here = {row.code: row for row in rows}
    titles = ready_titles()
    return [
        PlaybookLine(
            code, here[code].title if code in here else titles.get(code, code), here.get(code)
        )
        for code in asks.playbooks
    ]


def _courses(sector: str, asks: Asks, user: User, *, at: datetime) -> list[CourseLine]:
    known = {one.code: one for one in Course.objects.in_use().filter(code__in=asks.courses)}
    if not user.has_perm("accounts.view_completion"):
        return [CourseLine(code, known.get(code), []) for code in asks.courses]
    people = list(everybody())
    asked = courses_of([person.pk for person in people], only=sector)
    matrix = training_matrix([one for one in people if asked.get(one.pk)], at=at)
    return [
        CourseLine(
            code,
            known.get(code),
            [
                (line.person, cell)
                for line in matrix.lines
                for cell in line.cells
                if cell.course.code == code and code in asked[line.person.pk]
            ],
        )
        for code in asks.courses
    ]


def _versions(sector: str, user: User) -> list[Version]:
    rows = SectorProfile.objects.visible_to(user).filter(sector=sector).select_related("made_by")
    found = []
    before = _flat(shipped(sector))
    for row in rows.order_by("number"):
        now = _flat(asks_in(row))
        found.append(Version(row, sorted(now - before), sorted(before - now)))
        before = now
    return found[::-1]


def _flat(asks: Asks) -> set[str]:
    limits = {f"{LIMITS[name]}: {most}" for name, most in asks.limits.items()}
    return {*limits, *asks.controls, *asks.courses, *asks.playbooks}
