"""Days and exact spans in words; the words of moments are those of the template tags."""

from datetime import date, datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from bcp_portal.shared.templatetags._spans import DAY, HOUR, MINUTE, units


def exact_span_words(span: timedelta | float) -> str:
    """A span with all its units, so that a file can be read back without loss."""
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    sign, left = ("−" if seconds < 0 else ""), abs(seconds)
    word, parts = units(), []
    for size, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")):
        amount, left = divmod(left, size)
        if amount:
            parts.append(f"{amount} {word[name]}")
    return sign + (" ".join(parts) or f"0 {word['min']}")


def day_words(value: date) -> str:
    """A day as the reader's language writes it."""
    return formats.date_format(value, "j M Y")


def near_day_words(value: date, at: datetime) -> str:
    """How far a day is from today, where that says more than its date."""
    days = (value - timezone.localdate(at)).days
    if days == 0:
        return _("today")
    if abs(days) > 30:
        return ""
    word = units()
    return word["ahead" if days > 0 else "ago"] % f"{abs(days)} {word['d']}"
