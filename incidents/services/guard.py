"""The guard: an open incident always has somebody being called, or somebody who took it."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.models import Deadline
from incidents.models import (
    Escalation,
    EscalationReason,
    Importance,
    Incident,
    IncidentAsset,
    IncidentStatus,
    NoticeKind,
    TimelineKind,
)
from incidents.services.escalation import start_escalation
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry


def guard_incidents(*, at: datetime) -> str:
    """Find ongoing incidents that nobody has and nobody is called for; return what was repaired."""
    calling = Escalation.objects.running().filter(incident=OuterRef("pk"))
    taken = Q(commander__is_active=True) | Q(acknowledged_by__is_active=True)
    lonely = Incident.objects.ongoing().exclude(taken).filter(~Exists(calling))
    repaired = sum(repair_incident(incident=incident, at=at) for incident in lonely)
    return f"{repaired} repaired"


@verb
def repair_incident(*, incident: Incident, at: datetime) -> bool:
    """Call people for an incident that was left alone, and record that it was."""
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    holders = [locked.commander, locked.acknowledged_by]
    has_somebody = any(person is not None and person.is_active for person in holders)
    if not locked.is_ongoing or has_somebody:
        return False
    if Escalation.objects.running().filter(incident=locked).exists():
        return False
    write_entry(
        incident=locked,
        kind=TimelineKind.ENGINE,
        message=gettext_noop("Nobody had this incident and nobody was being called; calling again"),
        actor=None,
        at=at,
        importance=Importance.KEY,
    )
    start_escalation(incident=locked, reason=EscalationReason.GUARD, actor=None, at=at)
    return True


@verb
def rto_due(*, deadline: Deadline, at: datetime) -> None:
    """The RTO of one asset has run out while it is still down: that is a key moment."""
    hit = (
        IncidentAsset.objects.select_related("incident", "asset")
        .filter(pk=deadline.subject_id, recovered_at=None)
        .first()
    )
    if hit is None or not hit.incident.is_ongoing:
        return
    write_entry(
        incident=hit.incident,
        kind=TimelineKind.ENGINE,
        message=gettext_noop("The RTO of %(asset)s has run out"),
        params={"asset": hit.asset.name, "code": hit.asset.code},
        actor=None,
        at=at,
        happened_at=deadline.due_at,
        importance=Importance.KEY,
    )


@verb
def rto_warning(*, deadline: Deadline, at: datetime) -> None:
    """Half, three quarters or nine tenths of an RTO are gone: the commander hears of it."""
    hit = (
        IncidentAsset.objects.select_related("incident__commander", "asset")
        .filter(pk=deadline.subject_id, recovered_at=None)
        .first()
    )
    if hit is None or not hit.incident.is_ongoing:
        return
    params = {"asset": hit.asset.name, "code": hit.incident.code, "percent": deadline.step}
    write_entry(
        incident=hit.incident,
        kind=TimelineKind.ENGINE,
        message=gettext_noop("%(percent)d %% of the RTO of %(asset)s are gone"),
        params=params,
        actor=None,
        at=at,
        happened_at=deadline.due_at,
        importance=Importance.NORMAL,
    )
    person = hit.incident.commander
    if person is not None:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s: %(percent)d %% of the RTO of %(asset)s are gone"),
            params=params,
            incident=hit.incident,
            inbox_only=deadline.step < 90,
            at=at,
        )


@verb
def answer_due(*, deadline: Deadline, at: datetime) -> None:
    """Somebody answered a while ago and nothing has begun since: people are called again."""
    incident = Incident.objects.select_for_update().get(pk=deadline.subject_id)
    if incident.status != IncidentStatus.DECLARED or incident.acknowledged_at is None:
        return
    begun = incident.timeline.filter(
        actor__isnull=False, recorded_at__gt=deadline.created_at
    ) | incident.timeline.filter(kind=TimelineKind.STEP)
    if begun.exists():
        return
    write_entry(
        incident=incident,
        kind=TimelineKind.ENGINE,
        message=gettext_noop("Answered, but nothing has begun since; calling again"),
        actor=None,
        at=at,
        importance=Importance.KEY,
    )
    start_escalation(
        incident=incident,
        reason=EscalationReason.GUARD,
        subject="answered",
        actor=None,
        at=at,
    )
