"""A claim of another monitor, once its own format is out of the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError

MAX_ALERTS = 500
USUAL_SEVERITY = 3
_SEVERITIES = {
    "critical": 1, "emergency": 1, "fatal": 1, "disaster": 1, "page": 1, "p1": 1, "1": 1,
    "error": 2, "high": 2, "major": 2, "alert": 2, "p2": 2, "2": 2,
    "warning": 3, "warn": 3, "average": 3, "minor": 3, "medium": 3, "p3": 3, "3": 3,
    "info": 4, "information": 4, "informational": 4, "low": 4, "notice": 4, "none": 4, "p4": 4,
    "4": 4,
}  # fmt: skip


class UnreadableDeliveryError(DomainError):
    """A delivery of another monitor cannot be understood; the sentence says what is wrong."""


@dataclass(frozen=True, slots=True)
class ExternalAlert:
    """One alert of another monitor: which, whether it still holds, and what it says."""

    key: str
    is_firing: bool
    title: str
    severity: int = USUAL_SEVERITY
    site_code: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    labels: dict[str, str] = field(default_factory=dict)
    link: str = ""


def severity_of(word: object) -> int:
    """Translate anybody's word for severity into 1 (worst) to 4; an unknown word is 3."""
    return _SEVERITIES.get(str(word).strip().lower(), USUAL_SEVERITY)


def moment_of(text: object) -> datetime | None:
    """Read a time; Go's year 1 and whatever is no time with an offset are "not known"."""
    if not isinstance(text, str):
        return None
    # Go writes nanoseconds; more than six digits is more than a datetime holds.
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if digits else text
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 9000:
        return None
    return moment


def words_of(content: object) -> dict[str, str]:
    """Labels or annotations as plain text to plain text; anything else is left out."""
    if not isinstance(content, Mapping):
        return {}
    return {str(name)[:100]: plain(value)[:500] for name, value in content.items()}


def plain(value: Any) -> str:
    """A value as one line of text that any store can keep."""
    return "" if value is None else str(value).replace("\x00", "").strip()


def refuse(sentence: str) -> UnreadableDeliveryError:
    """The error for a delivery that is no use at all."""
    return UnreadableDeliveryError(sentence)


def too_many(found: int) -> UnreadableDeliveryError:
    """The error for a delivery that holds more alerts than are taken at once."""
    return refuse(
        _("The delivery holds %(found)d alerts; at most %(most)d are taken at once.")
        % {"found": found, "most": MAX_ALERTS}
    )
