"""How spans, moments and clocks are put into words: the same words portal.js uses to tick them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration

MINUTE, HOUR, DAY = 60, 3600, 86400
# Beyond this a date says more than a number of days.
RELATIVE_UNTIL = 14 * DAY


def units() -> dict[str, str]:
    """The words of time in the reader's language; also handed to the scripts."""
    return {
        "s": _("s"),
        "min": _("min"),
        "h": _("h"),
        "d": _("d"),
        "now": _("just now"),
        "ago": _("%s ago"),
        "ahead": _("in %s"),
    }


def duration_words(span: timedelta | float | None) -> str:
    """Say a span as people do: "1 h 20 min"; nothing known is said to be unknown."""
    return _("unknown") if span is None else format_duration(span)


def relative_words(moment: datetime, *, now: datetime) -> str:
    """Say how long ago or ahead, in one unit; a distant moment is said as its date."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    word = units()
    if size >= RELATIVE_UNTIL:
        return formats.date_format(timezone.localtime(moment), "j M Y")
    if size < 45:
        return word["now"]
    if size < HOUR:
        amount = f"{max(1, round(size / MINUTE))} {word['min']}"
    elif size < DAY:
        amount = f"{int(size // HOUR)} {word['h']}"
    else:
        amount = f"{int(size // DAY)} {word['d']}"
    return word["ago" if seconds > 0 else "ahead"] % amount


def absolute_words(moment: datetime, *, zone: str = "") -> str:
    """Say a moment in the reader's zone, then the site's if given, then UTC."""
    local = timezone.localtime(moment)
    parts = [f"{formats.date_format(local, 'j M Y')} {local:%H:%M:%S} {local.tzname()}"]
    if zone:
        there = moment.astimezone(ZoneInfo(zone))
        if there.utcoffset() != local.utcoffset():
            parts.append(f"{there:%H:%M} {there.tzname()}")
    if local.utcoffset():
        parts.append(f"{moment.astimezone(UTC):%H:%M} UTC")
    return " · ".join(parts)


def clock_words(seconds: float) -> str:
    """Say what is left of a deadline ("0:47:12"), or by how much it is over ("+0:03:10")."""
    sign = "+" if seconds < 0 else ""
    whole = int(abs(seconds))
    if whole >= 2 * DAY:
        return sign + duration_words(whole)
    return f"{sign}{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"
