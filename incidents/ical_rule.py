"""Works out on which days a recurrence rule (RFC 5545) strikes. No database, no clock.

Day by day between two days, so that no rule costs more than the days looked at: the usual
libraries search on to the year 9999 for a day that never comes. Rules that nobody has turns by
(each second, the fifth but last of a set) are refused by name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PARTS = frozenset(["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"])
MOST_CHOICES = 60
ONE_DAY = timedelta(days=1)

# The place of a day of the week in its month, or 0 for every one.
PlacedDay = tuple[int, int]


class RuleError(ValueError):
    """This rule cannot be understood."""


@dataclass(frozen=True)
class Rule:
    """One recurrence rule; what it does not name, the first day says."""

    first: date
    frequency: str
    interval: int
    count: int | None
    weekdays: frozenset[PlacedDay]
    month_days: frozenset[int]
    months: frozenset[int]
    week_start: int

    @classmethod
    def read(cls, said: Mapping[str, Sequence[Any]], *, first: date) -> Self:
        """The rule with these parts, or RuleError with the reason."""
        frequency = str(_one(said, "FREQ", "")).upper()
        odd = sorted(set(said) - PARTS) or ([] if frequency in _STEPS else [frequency])
        if odd:
            raise RuleError(_("nobody has turns by such a rule: %s") % ", ".join(odd)[:60])
        if any(len(part) > MOST_CHOICES for part in said.values()):
            raise RuleError(_("its rule is too long"))
        interval, count = int(_one(said, "INTERVAL", 1)), _one(said, "COUNT", None)
        if interval < 1 or (count is not None and int(count) < 1):
            raise RuleError(_("its rule goes nowhere"))
        weekdays = frozenset(_placed(str(day)) for day in said.get("BYDAY", ()))
        months = frozenset(int(month) for month in said.get("BYMONTH", ()))
        if frequency == "YEARLY" and not months and any(place for place, _day in weekdays):
            raise RuleError(_("nobody has turns by such a rule: %s") % "BYDAY")
        return cls(
            first=first,
            frequency=frequency,
            interval=interval,
            count=None if count is None else int(count),
            weekdays=weekdays,
            month_days=frozenset(int(day) for day in said.get("BYMONTHDAY", ())),
            months=months,
            week_start=DAYS.index(str(_one(said, "WKST", "MO")).upper()),
        )

    def days(self, *, since: date, until: date) -> Iterator[date]:
        """The days from `since` to `until`, both counted, on which it strikes."""
        day = self.begins(since)
        found = 0
        while day <= until and (self.count is None or found < self.count):
            if self._strikes(day):
                found += 1
                if day >= since:
                    yield day
            day += ONE_DAY

    def begins(self, since: date) -> date:
        """The first day that has to be looked at: a rule that counts is counted from its start."""
        return self.first if self.count is not None else max(self.first, since)

    def _strikes(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        return _STEPS[self.frequency](self, day) % self.interval == 0 and self._fits(day)

    def _fits(self, day: date) -> bool:
        if self.month_days and not self.month_days & {day.day, day.day - _length(day) - 1}:
            return False
        if self.weekdays:
            return bool(self.weekdays & _places(day))
        return bool(self.month_days) or _like_first(self, day)


def _like_first(rule: Rule, day: date) -> bool:
    if rule.frequency == "WEEKLY":
        return day.weekday() == rule.first.weekday()
    if rule.frequency == "MONTHLY":
        return day.day == rule.first.day
    if rule.frequency == "YEARLY":
        return day.day == rule.first.day and (bool(rule.months) or day.month == rule.first.month)
    return True


def _weeks(rule: Rule, day: date) -> int:
    def began(one: date) -> int:
        return one.toordinal() - (one.weekday() - rule.week_start) % 7

    return (began(day) - began(rule.first)) // 7


_STEPS: dict[str, Callable[[Rule, date], int]] = {
    "DAILY": lambda rule, day: (day - rule.first).days,
    "WEEKLY": _weeks,
    "MONTHLY": lambda rule, day: (day.year - rule.first.year) * 12 + day.month - rule.first.month,
    "YEARLY": lambda rule, day: day.year - rule.first.year,
}


def _places(day: date) -> set[PlacedDay]:
    """Every way of naming this day of the week: each, the nth, the nth but last of its month."""
    week, left = day.weekday(), _length(day) - day.day
    return {(0, week), ((day.day - 1) // 7 + 1, week), (-(left // 7) - 1, week)}


def _length(day: date) -> int:
    return (day + relativedelta(day=31)).day


def _placed(word: str) -> PlacedDay:
    place, name = word[:-2], word[-2:].upper()
    if name not in DAYS:
        raise RuleError(_("nobody has turns by such a rule: %s") % word[:20])
    return int(place or 0), DAYS.index(name)


def _one(said: Mapping[str, Sequence[Any]], name: str, default: Any) -> Any:
    values = said.get(name) or [default]
    return values[0]
