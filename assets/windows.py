"""When a site is offline on purpose: recurrence rules unrolled in the site's own time zone."""

import functools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.db.models import Q, QuerySet

from assets.models import PlannedWindow, Site

# Rules that only repeat can be started anywhere in their own rhythm; the others count from the
# first occurrence and have to be walked.
_COUNTS_FROM_THE_START = re.compile(r"INTERVAL|COUNT|BYSETPOS|BYWEEKNO|BYEASTER")
_RHYTHM = {"FREQ=DAILY": timedelta(days=1), "FREQ=WEEKLY": timedelta(weeks=1)}

Occurrence = tuple[datetime, datetime]


def check_rule(rule: str, first: datetime) -> None:
    """Raise ValueError if the rule cannot be understood."""
    if rule:
        _unroll(rule, first, near=first)


def is_inside(
    *, rule: str, starts_at: datetime, duration: timedelta, time_zone: str, at: datetime
) -> bool:
    """Is `at` inside an occurrence? The end is exclusive."""
    zone = ZoneInfo(time_zone)
    first = starts_at.astimezone(zone).replace(tzinfo=None)
    local = at.astimezone(zone).replace(tzinfo=None)
    return _covers(rule, first, duration, local)


def occurrences(
    *,
    rule: str,
    starts_at: datetime,
    duration: timedelta,
    time_zone: str,
    after: datetime,
    before: datetime,
) -> Iterator[Occurrence]:
    """The occurrences that touch the span from `after` to `before`, as aware moments."""
    zone = ZoneInfo(time_zone)
    first = starts_at.astimezone(zone).replace(tzinfo=None)
    low = after.astimezone(zone).replace(tzinfo=None) - duration
    high = before.astimezone(zone).replace(tzinfo=None)
    starts = (
        _unroll(rule, first, near=low).between(low, high)
        if rule
        else [first] * (low < first < high)
    )
    for start in starts:
        aware = start.replace(tzinfo=zone)
        yield aware, aware + duration


def sites_in_window(at: datetime) -> set[int]:
    """The sites (primary keys) that are offline on purpose at this moment. Two queries."""
    started = PlannedWindow.objects.active().filter(starts_at__lte=at)
    windows = list(started)
    if not windows:
        return set()
    by_site, by_region = _members(started)
    # A thousand stores that close at 22:00 share one rule: it is asked once.
    ask = functools.cache(functools.partial(_asked, at))
    inside: set[int] = set()
    for window in windows:
        members = by_site if window.site_id else by_region
        for pk, zone in members.get(window.site_id or window.region_id or 0, ()):
            if ask(window.rrule, window.starts_at, window.duration, zone):
                inside.add(pk)
    return inside


Members = dict[int, list[tuple[int, str]]]


def _members(windows: "QuerySet[PlannedWindow]") -> tuple[Members, Members]:
    """Which sites, with their zones, a site's or a region's window means."""
    sites = Site.objects.open().filter(
        Q(pk__in=windows.values("site")) | Q(region__in=windows.values("region"))
    )
    by_site: Members = {}
    by_region: Members = {}
    for pk, region, zone in sites.values_list("pk", "region_id", "time_zone"):
        by_site.setdefault(pk, []).append((pk, zone))
        by_region.setdefault(region, []).append((pk, zone))
    return by_site, by_region


def _asked(at: datetime, rule: str, starts_at: datetime, span: timedelta, zone: str) -> bool:
    return is_inside(rule=rule, starts_at=starts_at, duration=span, time_zone=zone, at=at)


def _covers(rule: str, first: datetime, duration: timedelta, local: datetime) -> bool:
    if local < first:
        return False
    if not rule:
        return local < first + duration
    latest = _unroll(rule, first, near=local - duration).before(local, inc=True)
    return latest is not None and local < latest + duration


def _unroll(rule: str, first: datetime, *, near: datetime) -> rrule:
    """Parse the rule, started as late as it may be, so that years of nights are not walked."""
    text = rule.strip().upper().removeprefix("RRULE:")
    # The walk happens in local time; an UNTIL in UTC would not compare with it.
    text = re.sub(r"(UNTIL=\d{8}T\d{6})Z", r"\1", text)
    start = first
    rhythm = next((step for word, step in _RHYTHM.items() if word in text), None)
    if rhythm and near > first and not _COUNTS_FROM_THE_START.search(text):
        start = first + max((near - first) // rhythm - 1, 0) * rhythm
    unrolled = rrulestr(text, dtstart=start)
    if not isinstance(unrolled, rrule):
        raise ValueError(text)
    return unrolled
