"""Verbs of a status update: what is said, to whom, and when the next one is promised."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Audience,
    Importance,
    Incident,
    IncidentRole,
    NoticeKind,
    RoleName,
    StatusUpdate,
    TimelineKind,
)
from incidents.models.wording import message_id
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry

DEADLINE = "incidents.update_due"


class UpdateRefusedError(DomainError):
    """This update cannot go out."""


@verb
def publish_update(
    *,
    incident: Incident,
    audience: str,
    text: str,
    actor: User,
    at: datetime,
    next_promised_at: datetime | None = None,
) -> StatusUpdate:
    """Tell an audience how it stands, and promise when they will hear again."""
    if not text.strip():
        raise UpdateRefusedError(_("Write what you want to tell."))
    if next_promised_at is not None and next_promised_at <= at:
        raise UpdateRefusedError(_("The next update must be promised for the future."))
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    for earlier in locked.updates.filter(audience=audience, followed_at=None):
        earlier.followed_at = at
        earlier.save(update_fields=["followed_at"])
        cancel_deadlines(kind=DEADLINE, subject_id=earlier.pk, at=at)
    update = StatusUpdate.objects.create(
        incident=locked,
        audience=audience,
        text=text,
        published_at=at,
        published_by=actor,
        next_promised_at=next_promised_at,
    )
    if locked.informed_at is None:
        locked.informed_at = at
        locked.save(update_fields=["informed_at"])
    if next_promised_at is not None and locked.is_open:
        set_deadline(kind=DEADLINE, subject_id=update.pk, due_at=next_promised_at, at=at)
    _tell(update, locked, actor=actor, at=at)
    return update


@verb
def update_due(*, deadline: Deadline, at: datetime) -> None:
    """The promised update has not come: whoever speaks for the incident is reminded."""
    update = StatusUpdate.objects.select_related("incident__commander").get(pk=deadline.subject_id)
    incident = update.incident
    if update.followed_at is not None or not incident.is_ongoing:
        return
    write_entry(
        incident=incident,
        kind=TimelineKind.UPDATE,
        message=gettext_noop("The promised update for %(audience_label)s is late"),
        params={"audience_label": message_id(Audience(update.audience).label)},
        actor=None,
        at=at,
        happened_at=deadline.due_at,
        importance=Importance.NORMAL,
    )
    speaker = (
        IncidentRole.objects.filter(incident=incident, role=RoleName.COMMUNICATIONS, ended_at=None)
        .select_related("user")
        .first()
    )
    person = speaker.user if speaker else incident.commander
    if person is not None:
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s: the update promised for now has not gone out"),
            params={"code": incident.code},
            incident=incident,
            at=at,
        )


def _tell(update: StatusUpdate, incident: Incident, *, actor: User, at: datetime) -> None:
    write_entry(
        incident=incident,
        kind=TimelineKind.UPDATE,
        message=gettext_noop("Told %(audience_label)s: %(words)s"),
        params={
            "audience_label": message_id(Audience(update.audience).label),
            "words": update.text,
        },
        actor=actor,
        at=at,
        importance=Importance.NORMAL,
    )
    publish(topic="banners", kind="update", at=at)
    audit(
        action="incident.update",
        obj=update,
        actor=actor,
        at=at,
        after={
            "incident": incident.code,
            "audience": update.audience,
            "text": update.text,
            "next_promised_at": update.next_promised_at,
        },
    )
    if update.audience != Audience.MANAGEMENT:
        return
    for role in incident.roles.filter(role=RoleName.MANAGEMENT, ended_at=None).select_related(
        "user"
    ):
        write_notice(
            person=role.user,
            kind=NoticeKind.UPDATE,
            message="%(code)s: %(words)s",
            params={"code": incident.code, "words": update.text},
            incident=incident,
            at=at,
        )
