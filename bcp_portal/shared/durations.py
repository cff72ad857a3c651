"""Spans of time as people type and read them: "90m", "1h30", "1 h 20 min"."""

import re
from datetime import timedelta

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

_SECONDS = {
    "s": 1,
    "sec": 1,
    "m": 60,
    "min": 60,
    "h": 3600,
    "hr": 3600,
    "j": 3600,  # Indonesian "jam"
    "jam": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "hari": 86400,
    "w": 604800,
    "menit": 60,
    "mnt": 60,
    "detik": 1,
    "dtk": 1,
    "minggu": 604800,
}
# The short words of a language that mean something else in another: "hr" is an hour, or a "hari".
_IN_LANGUAGE = {"id": {"hr": 86400}}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z]*)")
_LONGEST = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """Read "90m", "1h30", "1 h 20 min", "2d" or "1:30"; raise ValueError with a sentence.

    A number without a unit is minutes, except after hours ("1h30"), where it is minutes too.
    """
    cleaned = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,4}):(\d{2})(?::(\d{2}))?", cleaned):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    parts = _PART.findall(cleaned)
    if not parts or _PART.sub("", cleaned).strip(" ,"):
        raise ValueError(
            _("“%(text)s” is not a duration. Write for example 90m, 1h30 or 2d.") % {"text": text}
        )
    total = 0.0
    sizes = _SECONDS | _IN_LANGUAGE.get((get_language() or "en")[:2], {})
    for number, unit in parts:
        if unit and unit not in sizes:
            raise ValueError(
                _("“%(unit)s” is not a unit of time. Use s, m, h, d or w.") % {"unit": unit}
            )
        total += float(number.replace(",", ".")) * sizes.get(unit, 60)
    if total > _LONGEST.total_seconds():
        raise ValueError(_("That is longer than ten years."))
    return timedelta(seconds=total)


def span_within_reason(span: timedelta) -> timedelta:
    """Give a span back, or say what is wrong with it: below zero, or longer than ten years."""
    if span < timedelta():
        raise ValueError(_("A duration cannot be negative."))
    if span > _LONGEST:
        raise ValueError(_("That is longer than ten years."))
    return span


def format_duration(span: timedelta | float | None) -> str:
    """Write a span with its two largest units: "1 h 20 min"; an unknown span is an en dash."""
    if span is None:
        return "–"
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    sign = "−" if seconds < 0 else ""
    left = round(abs(seconds))
    units = ((86400, _("d")), (3600, _("h")), (60, _("min")), (1, _("s")))
    words: list[str] = []
    for size, unit in units:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
        elif words:
            break
        if len(words) == 2:
            break
    return sign + (" ".join(words) or f"0 {_('s')}")


def write_duration(span: timedelta) -> str:
    """Write a span so that reading it gives the same again, in every language: "1d 2h 30m"."""
    left, words = round(span.total_seconds()), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0m"


class DurationFormField(forms.CharField):
    """A form field in which a person types "90m" or "1h30"; empty means unknown."""

    def to_python(self, value: object) -> timedelta | None:  # type: ignore[override]  # a CharField that cleans to a span
        """Turn the typed text into a span, or say what is wrong with it."""
        if value in self.empty_values:
            return None
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: object) -> object:
        """Show a stored span as people write it, whole: what is saved untouched stays the same."""
        return write_duration(value) if isinstance(value, timedelta) else value

    def clean(self, value: object) -> timedelta | None:
        """Check presence, then return the span."""
        span = self.to_python(value)
        if span is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return span
