"""Verbs of the timeline: what happened is written in the transaction in which it happened."""

from datetime import datetime
from typing import Any

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from incidents.models import (
    Importance,
    Incident,
    OperationKind,
    PlaybookRun,
    RunStatus,
    TimelineEntry,
    TimelineKind,
)
from incidents.services.operation_log import Stamp, is_repeat, log_operation

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
    if incident.sensitive_at is not None:
        _tell_named(incident, at=at)
        return entry
    publish(topic=f"incident:{incident.pk}", kind=kind, at=at, permission=VIEW)
    publish(topic="incidents", kind=kind, at=at, permission=VIEW)
    return entry


def _tell_named(incident: Incident, *, at: datetime) -> None:
    """Not even that something changed is heard by anybody else."""
    people = {*incident.named.filter(ended_at=None).values_list("user_id", flat=True)}
    people |= {*incident.roles.filter(ended_at=None).values_list("user_id", flat=True)}
    for pk in people:
        publish(topic=f"inbox:{pk}", kind="incident", at=at)


@verb
def add_note(
    *,
    incident: Incident,
    text: str,
    actor: User,
    at: datetime,
    happened_at: datetime | None = None,
    importance: Importance = Importance.NORMAL,
    stamp: Stamp | None = None,
) -> TimelineEntry:
    """Write down what a person saw or did, in the own words; told twice, it is written once."""
    if stamp is not None and (written := _log_note(incident, text, actor, stamp, at=at)):
        return written
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


def _log_note(
    incident: Incident, text: str, actor: User, stamp: Stamp, *, at: datetime
) -> TimelineEntry | None:
    """Put the note into the log of the run under way; if it is there, return its entry."""
    running = PlaybookRun.objects.select_for_update().filter(
        incident=incident, status=RunStatus.RUNNING
    )
    run = running.order_by("-pk").first()
    if is_repeat(stamp):
        notes = TimelineEntry.objects.filter(incident=incident, actor=actor, params__words=text)
        return notes.order_by("-pk").first()
    log_operation(
        kind=OperationKind.NOTE, incident=incident, run=run, payload={"text": text}, actor=actor,
        at=at, stamp=stamp,
    )  # fmt: skip
    return None
