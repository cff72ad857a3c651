"""Read model of a calendar kept elsewhere: whose turns it would bring, and whom nobody knows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.shared.errors import DomainError
from incidents.ical_in import FeedTurn, read_feed
from incidents.models import DutyCalendar

AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class CalendarTurn:
    """One turn of a person we know."""

    person: User
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Unmatched:
    """Somebody whom the calendar names and the portal does not know."""

    name: str
    turns: int


@dataclass(frozen=True)
class CalendarPlan:
    """What a calendar would bring; with a refusal nothing of it counts."""

    turns: list[CalendarTurn] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refusal: str = ""


def calendar_plan(calendar: DutyCalendar, *, text: str = "", at: datetime) -> CalendarPlan:
    """The coming turns of a calendar, by its kept copy or by a text to judge. Two queries."""
    if not (text or calendar.text):
        return CalendarPlan()
    try:
        reading = read_feed(
            text or calendar.text,
            zone=calendar.rotation.time_zone,
            since=at,
            until=at + AHEAD,
        )
    except DomainError as refusal:
        return CalendarPlan(refusal=str(refusal))
    known = people_by_mail(mail for turn in reading.turns for mail in turn.mails)
    turns: dict[tuple[int, datetime, datetime], CalendarTurn] = {}
    strangers: Counter[str] = Counter()
    for turn in reading.turns:
        people = [known[mail] for mail in turn.mails if mail in known]
        for person in people:
            found = CalendarTurn(person, turn.starts_at, turn.ends_at)
            turns.setdefault((person.pk, turn.starts_at, turn.ends_at), found)
        strangers += Counter(_strangers(turn, known))
    return CalendarPlan(
        turns=list(turns.values()),
        unmatched=[Unmatched(name, count) for name, count in strangers.most_common()],
        problems=list(reading.problems),
    )


def people_by_mail(mails: Iterable[str]) -> dict[str, User]:
    """Active people by the addresses they sign in with, or have proven to be theirs."""
    wanted = set(mails)
    known = {
        way.address.lower(): way.user
        for way in ContactMethod.objects.filter(
            kind=ContactKind.MAIL, verified_at__isnull=False, user__is_active=True
        ).select_related("user")
    }
    known |= {
        user.email.lower(): user for user in User.objects.filter(is_active=True).exclude(email="")
    }
    return {mail: person for mail, person in known.items() if mail in wanted}


def _strangers(turn: FeedTurn, known: dict[str, User]) -> list[str]:
    return [mail for mail in turn.mails if mail not in known] or (
        [] if turn.mails else [turn.title or "–"]
    )
