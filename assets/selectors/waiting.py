"""What waits to come home, beside each RPO; the room that hears the sites says how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration

# Adds `is_heard` and `oldest_waiting` to each asset, as far as this person may see its streams.
Source = Callable[[QuerySet[Asset], User], QuerySet[Asset]]
_sources: list[Source] = []
NEAR = 0.75


def register_waiting_source(source: Source) -> None:
    """Let the room that hears the sites say what waits; called once, from its AppConfig.ready()."""
    if source not in _sources:
        _sources.append(source)


def with_waiting(rows: QuerySet[Asset], user: User) -> QuerySet[Asset]:
    """The same assets with what waits of their data."""
    for source in _sources:
        rows = source(rows, user)
    return rows


@dataclass(frozen=True)
class Waiting:
    """How old the oldest thing is that has not come home, and how that stands to the RPO."""

    span: timedelta
    tone: str

    def __str__(self) -> str:
        return format_duration(self.span) if self.span else _("nothing waits")


def waiting_of(row: Any, at: datetime) -> Waiting | None:
    """What waits of one asset; None where no stream carries its data."""
    if not getattr(row, "is_heard", False):
        return None
    span = at - row.oldest_waiting if row.oldest_waiting else timedelta()
    rpo = getattr(getattr(row, "recovery_target", None), "rpo", None)
    if rpo is None:
        return Waiting(span, "unknown")
    if span > rpo:
        return Waiting(span, "act")
    return Waiting(span, "watch" if span > NEAR * rpo else "ok")
