"""Verbs of the timeline: what happened is written in the transaction in which it happened."""

from datetime import datetime
from typing import Any

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from incidents.models import Importance, Incident, TimelineEntry, TimelineKind

VIEW = "incidents.view_incident"


@verb
def write_entry(
    *,
    incident: Incident,
    kind: TimelineKind,
    message: str,
    actor: User | None,
    at: datetime,
    params: dict[str, Any] | None = None,
    importance: Importance = Importance.NORMAL,
    happened_at: datetime | None = None,
) -> TimelineEntry:
    """Write one entry, and tell the screens that show this incident."""
    entry = TimelineEntry.objects.create(
        incident=incident,
        kind=kind,
        message=message,
        params=params or {},
        importance=importance,
        actor=actor,
        happened_at=happened_at or at,
        recorded_at=at,
    )
    publish(topic=f"incident:{incident.pk}", kind=kind, at=at, permission=VIEW)
    publish(topic="incidents", kind=kind, at=at, permission=VIEW)
    return entry


@verb
def add_note(
    *,
    incident: Incident,
    text: str,
    actor: User,
    at: datetime,
    happened_at: datetime | None = None,
    importance: Importance = Importance.NORMAL,
) -> TimelineEntry:
    """Write down what a person saw or did, in the own words."""
    entry = write_entry(
        incident=incident,
        kind=TimelineKind.NOTE,
        # The words are a parameter: a per cent sign in them is not a placeholder.
        message="%(words)s",
        params={"words": text},
        actor=actor,
        at=at,
        importance=importance,
        happened_at=happened_at,
    )
    audit(action="incident.note", obj=incident, actor=actor, at=at, after={"text": text})
    return entry
