"""Who is away: at a moment, for a call; over the coming days, for a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bcp_portal.accounts.models import User
from incidents.models import Absence, AbsenceCalendar

PAGE_DAYS = 90


@dataclass(frozen=True)
class AbsencePage:
    """A person's own absences, and where they come from."""

    calendar: AbsenceCalendar | None
    coming: list[Absence]
    is_old: bool
    is_awaited: bool


def away_at(at: datetime) -> frozenset[int]:
    """The keys of everybody who is away at a moment; one query."""
    return frozenset(Absence.objects.at(at).values_list("user_id", flat=True))


def absences_between(
    people: Iterable[int], since: datetime, until: datetime
) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each of these people is away within a span; one query."""
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    rows = Absence.objects.between(since, until).filter(user__in=list(people)).order_by("starts_at")
    for pk, begins, ends in rows.values_list("user_id", "starts_at", "ends_at"):
        found.setdefault(pk, []).append((begins, ends))
    return found


def coming_absences(people: Iterable[int], *, at: datetime, days: int) -> list[Absence]:
    """Who of these people is away during the coming days; one query."""
    rows = Absence.objects.between(at, at + timedelta(days=days)).filter(user__in=list(people))
    return list(rows.select_related("user").order_by("starts_at", "pk"))


def absence_page(user: User, *, at: datetime) -> AbsencePage:
    """Gather a person's own page."""
    calendar = AbsenceCalendar.objects.visible_to(user).first()
    return AbsencePage(
        calendar=calendar,
        coming=coming_absences([user.pk], at=at, days=PAGE_DAYS),
        is_old=calendar is not None and calendar.is_old(at),
        is_awaited=calendar is not None and not calendar.read_at and not calendar.error,
    )
