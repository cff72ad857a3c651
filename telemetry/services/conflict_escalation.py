"""What follows when nobody decided a conflict in time: it is given to a person, again and again."""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import set_deadline
from bcp_portal.engine.services.job import queue_job
from bcp_portal.live.services import publish
from telemetry.models import ConflictCase
from telemetry.models.conflict_case import UNFINISHED, WAITS_FOR_PEOPLE, EventKind
from telemetry.services.conflict_mail import MAIL
from telemetry.services.conflict_note import DUE, note

NEXT_AFTER = timedelta(hours=1)


@verb
def conflict_due(*, deadline: Deadline, at: datetime) -> None:
    """Give an undecided case to the next technician, and look again in an hour."""
    case = ConflictCase.objects.select_for_update().filter(pk=deadline.subject_id).first()
    if case is None or case.state not in WAITS_FOR_PEOPLE or case.epoch != deadline.epoch:
        return
    person = next_technician(case)
    case.escalated_at = at
    case.escalations += 1
    case.version += 1
    if person is not None:
        case.owner = person
        publish(topic=f"inbox:{person.pk}", kind="conflict", at=at)
    case.save(update_fields=["escalated_at", "escalations", "owner", "version"])
    kind = EventKind.ESCALATED if person else EventKind.NOBODY
    event = note(case=case, kind=kind, at=at, about=person)
    if person is not None:
        queue_job(kind=MAIL, subject_id=event.pk, at=at)
    audit(
        action=f"conflict.{kind}",
        obj=case,
        actor=None,
        at=at,
        after={"to": person.username if person else "", "times": case.escalations},
    )
    set_deadline(
        kind=DUE,
        subject_id=case.pk,
        due_at=at + NEXT_AFTER,
        epoch=case.epoch,
        step=deadline.step + 1,
        at=at,
    )


def next_technician(case: ConflictCase) -> User | None:
    """Who is asked next: those not asked yet, then those with the fewest cases on their desk."""
    asked = set(case.events.filter(kind=EventKind.ESCALATED).values_list("about_id", flat=True)) | {
        case.owner_id
    }
    proposer = case.decisions.filter(state="proposed").values_list("decided_by_id", flat=True)
    load = Count("conflicts", filter=Q(conflicts__state__in=UNFINISHED))
    people = (
        User.objects.filter(is_active=True, groups__name=str(Role.SYNC_TECHNICIAN))
        .exclude(pk__in=proposer)
        .annotate(load=load)
    )
    fitting = [
        person
        for person in people.order_by("load", "pk")
        if ConflictCase.objects.visible_to(person).filter(pk=case.pk).exists()
    ]
    return next((one for one in fitting if one.pk not in asked), fitting[0] if fitting else None)
