"""Reads the turns of a duty from somebody else's iCalendar file. No database, no clock.

The file is a stranger's: it is cut to single events before a parser sees it, zones are taken from
the portal's own list and never from the file, and what a rule may cost is worked out beforehand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Event

from bcp_portal.shared.errors import DomainError
from incidents.ical_rule import Rule, RuleError

MOST_BYTES = 1_000_000
MOST_EVENTS = 2_000
MOST_TURNS = 1_000
# Days that all rules together may make us walk through: some seconds of work at the very most.
MOST_DAYS = 400_000
MOST_LINES = 2_000
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


class FeedError(DomainError):
    """This is no calendar of turns that anybody could take over."""


class EventError(RuleError):
    """One event of the calendar cannot be understood; the others can."""


# What a parser raises on a stranger's event.
_ODD = (ValueError, OverflowError, TypeError, AttributeError, KeyError)


@dataclass(frozen=True)
class FeedTurn:
    """A turn as the calendar has it, and by which addresses it names its people."""

    starts_at: datetime
    ends_at: datetime
    mails: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class FeedReading:
    """What a calendar says about a span of time, and what of it nobody could read."""

    turns: tuple[FeedTurn, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """One event with its times on the clock of its own zone."""

    event: Any
    starts: datetime
    length: timedelta
    zone: tzinfo


def read_feed(text: str, *, zone: str, since: datetime, until: datetime) -> FeedReading:
    """Every turn that touches a span; events without a zone are on the clock of `zone`."""
    problems: list[str] = []
    entries = _entries(text, ZoneInfo(_default_zone(text, zone)), problems)
    turns: set[FeedTurn] = set()
    spare = MOST_DAYS
    for (uid, moment), entry in entries.items():
        if _is_cancelled(entry.event):
            continue
        replaced = set() if moment else {when for other, when in entries if other == uid}
        try:
            spent, times = _occurrences(entry, since=since, until=until, spare=spare)
        except _ODD as error:
            problems.append(_problem(_title(entry.event), error))
            continue
        spare -= spent
        mails, title = _mails(entry.event), _title(entry.event)
        turns |= {FeedTurn(*span, mails, title) for span in times if span[0] not in replaced}
        if len(turns) > MOST_TURNS:
            raise FeedError(_("More than %d turns in ninety days.") % MOST_TURNS)
    ordered = sorted(turns, key=lambda turn: (turn.starts_at, turn.ends_at, turn.mails))
    return FeedReading(tuple(ordered), tuple(problems))


def _entries(
    text: str, home: tzinfo, problems: list[str]
) -> dict[tuple[str, datetime | None], _Entry]:
    """Each event, or each single change of a series, in its newest form."""
    entries: dict[tuple[str, datetime | None], _Entry] = {}
    for number, lines in enumerate(_events(text)):
        try:
            if len(lines) > MOST_LINES:
                raise EventError(_("it is too long"))
            event = Event.from_ical("\r\n".join(lines))
            key = (str(event.get("UID", "")) or f"event {number}", _replaced(event, home))
            known = entries.get(key)
            if known is None or _sequence(event) >= _sequence(known.event):
                entries[key] = _entry(event, home)
        except _ODD as error:
            title = next((one[8:] for one in lines if one.upper().startswith("SUMMARY:")), "")
            problems.append(_problem(title, error))
    return entries


def _is_cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _events(text: str) -> Iterator[list[str]]:
    """The lines of each event, unfolded, without what is nested in it; nothing else is kept."""
    if len(text.encode()) > MOST_BYTES:
        raise FeedError(_("A calendar may have one megabyte."))
    lines = re.sub(r"\r?\n[ \t]", "", text.strip().lstrip("\ufeff")).splitlines()
    told = [line.strip().upper() for line in lines]
    if not told or told[0] != "BEGIN:VCALENDAR" or told[-1] != "END:VCALENDAR":
        raise FeedError(_("This is no whole iCalendar file."))
    if told.count("BEGIN:VEVENT") > MOST_EVENTS:
        raise FeedError(_("A calendar may have %d events.") % MOST_EVENTS)
    depth, kept = 0, list[str]()
    for line, word in zip(lines, told, strict=True):
        depth += word.startswith("BEGIN:")
        if depth == 2 and (kept or word == "BEGIN:VEVENT"):
            kept.append(line)
        depth -= word.startswith("END:")
        if depth == 1 and kept:
            yield kept
            kept = []


def _default_zone(text: str, zone: str) -> str:
    found = re.search(r"^X-WR-TIMEZONE:(.{1,60})$", text[:20_000], re.MULTILINE)
    named = found.group(1).strip() if found else zone
    return named if _is_zone(named) else zone


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return False
    return True


def _entry(event: Any, home: tzinfo) -> _Entry:
    if "DTSTART" not in event:
        raise EventError(_("it has no beginning"))
    starts, zone = _wall(event["DTSTART"], home)
    if "DTEND" in event:
        ends, end_zone = _wall(event["DTEND"], home)
        length = ends.replace(tzinfo=end_zone).astimezone(UTC) - starts.replace(
            tzinfo=zone
        ).astimezone(UTC)
    elif "DURATION" in event:
        length = event["DURATION"].dt
    else:
        length = timedelta(0 if isinstance(event["DTSTART"].dt, datetime) else 1)
    if length <= timedelta(0):
        raise EventError(_("it ends before it begins"))
    if length > timedelta(days=366):
        raise EventError(_("it lasts longer than a year"))
    return _Entry(event, starts, length, zone)


def _wall(prop: Any, home: tzinfo) -> tuple[datetime, tzinfo]:
    """The time on the wall and the zone of that wall; a day begins at midnight of the duty."""
    if isinstance(prop, list):
        raise EventError(_("it says the same thing twice"))
    when: date | datetime = prop.dt
    if not isinstance(when, datetime):
        return datetime.combine(when, time()), home
    named = str(prop.params.get("TZID", ""))
    if when.tzinfo is None and named:
        raise EventError(_("nobody knows the time zone “%s”") % named[:60])
    return when.replace(tzinfo=None), when.tzinfo or home


def _replaced(event: Any, home: tzinfo) -> datetime | None:
    """The moment of the series in whose place this event stands."""
    if "RECURRENCE-ID" not in event:
        return None
    if "RANGE" in event["RECURRENCE-ID"].params:
        raise EventError(_("it changes all the following ones, too"))
    wall, zone = _wall(event["RECURRENCE-ID"], home)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _occurrences(
    entry: _Entry, *, since: datetime, until: datetime, spare: int
) -> tuple[int, list[tuple[datetime, datetime]]]:
    """When an event takes place, and how many of the spare days that took to find out."""
    gone = {_instant(when, entry) for when in _dates(entry.event, "EXDATE")}
    spent, walls = _walls(entry, since, until, spare)
    begins = {wall.replace(tzinfo=entry.zone).astimezone(UTC) for wall in walls}
    begins |= {_instant(when, entry) for when in _dates(entry.event, "RDATE")}
    found = [(starts_at, starts_at + entry.length) for starts_at in sorted(begins - gone)]
    return spent, [(start, end) for start, end in found if start < until and end > since]


def _walls(
    entry: _Entry, since: datetime, until: datetime, spare: int
) -> tuple[int, list[datetime]]:
    """The times on the wall at which an event begins, around a span."""
    found = entry.event.get("RRULE")
    if found is None:
        return 1, [entry.starts]
    if isinstance(found, list):
        raise EventError(_("it says the same thing twice"))
    said = {str(name).upper(): part for name, part in found.items()}
    rule = Rule.read(said, first=entry.starts.date())
    last = until.astimezone(entry.zone).replace(tzinfo=None)
    for end in said.get("UNTIL", []):
        last = min(last, _until(end, entry))
    early = (since - entry.length).date() - timedelta(days=1)
    spent = max((last.date() - rule.begins(early)).days, 0) + 1
    if spent > spare:
        raise FeedError(_("The rules of this calendar would take too long to work out."))
    hour = entry.starts.time()
    days = rule.days(since=early, until=last.date())
    walls = [wall for day in days if (wall := datetime.combine(day, hour)) <= last]
    # The first turn counts, whatever its own rule says of that day.
    return spent, [entry.starts, *walls]


def _until(end: date | datetime, entry: _Entry) -> datetime:
    if not isinstance(end, datetime):
        return datetime.combine(end, time.max)
    return end if end.tzinfo is None else end.astimezone(entry.zone).replace(tzinfo=None)


def _dates(event: Any, name: str) -> Iterator[date | datetime]:
    found = event.get(name, [])
    for group in found if isinstance(found, list) else [found]:
        for one in group.dts:
            yield one.dt if not isinstance(one.dt, tuple) else one.dt[0]


def _instant(when: date | datetime, entry: _Entry) -> datetime:
    if not isinstance(when, datetime):
        when = datetime.combine(when, entry.starts.time())
    return (when if when.tzinfo else when.replace(tzinfo=entry.zone)).astimezone(UTC)


def _sequence(event: Any) -> int:
    return int(event.get("SEQUENCE", 0))


def _title(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:120]


def _mails(event: Any) -> tuple[str, ...]:
    """Whom an event names: who was invited and has not declined, else addresses in its words."""
    found = event.get("ATTENDEE", [])
    invited = [
        str(one).lower().removeprefix("mailto:").strip()
        for one in (found if isinstance(found, list) else [found])
        if str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() != "DECLINED"
    ]
    words = f"{event.get('SUMMARY', '')} {event.get('DESCRIPTION', '')}"[:2_000]
    named = [one for one in invited if "@" in one] or _MAIL.findall(words.lower())
    return tuple(dict.fromkeys(named))[:20]


def _problem(title: str, error: Exception) -> str:
    why = str(error) if isinstance(error, RuleError) else _("it is not written as it should be")
    return _("“%(title)s” was left out: %(why)s.") % {"title": title[:80] or "–", "why": why}
