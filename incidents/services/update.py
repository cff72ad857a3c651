"""Verbs of a status update: what is said, to whom, and when the next one is promised."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import SiteAssignment
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.engine.services.job import queue_job
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
from incidents.selectors.communication import rule_for
from incidents.services.notice import write_notice
from incidents.services.reporting import meet_by_update
from incidents.services.timeline import write_entry

DEADLINE = "incidents.update_due"
REMINDER = "incidents.update_reminder"
MAIL_JOB = "incidents.status_mail"
MOST_STAFF = 500


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
    translations: dict[str, Any] | None = None,
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
        for kind in (DEADLINE, REMINDER):
            cancel_deadlines(kind=kind, subject_id=earlier.pk, at=at)
    update = StatusUpdate.objects.create(
        incident=locked,
        audience=audience,
        text=text,
        translations=translations or {},
        published_at=at,
        published_by=actor,
        next_promised_at=next_promised_at,
    )
    if locked.informed_at is None:
        locked.informed_at = at
        locked.save(update_fields=["informed_at"])
    if locked.is_open:
        _keep_promise(update, at=at)
    _tell(update, locked, actor=actor, at=at)
    _carry(update, locked, at=at)
    meet_by_update(update=update, actor=actor, at=at)
    return update


@verb
def update_reminder(*, deadline: Deadline, at: datetime) -> None:
    """The promised time is near: whoever speaks for the incident is told in time."""
    update = StatusUpdate.objects.select_related("incident__commander").get(pk=deadline.subject_id)
    if update.followed_at is not None or not update.incident.is_ongoing:
        return
    _remind(
        update,
        gettext_noop("%(code)s: %(audience_label)s were promised an update at %(next_at)s"),
        at=at,
    )


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
    _remind(update, gettext_noop("%(code)s: the update promised for now has not gone out"), at=at)


def _keep_promise(update: StatusUpdate, *, at: datetime) -> None:
    promised = update.next_promised_at
    if promised is None:
        return
    set_deadline(kind=DEADLINE, subject_id=update.pk, due_at=promised, at=at)
    early = promised - rule_for(update.audience).remind_before
    if at < early < promised:
        set_deadline(kind=REMINDER, subject_id=update.pk, due_at=early, at=at)


def _remind(update: StatusUpdate, message: str, *, at: datetime) -> None:
    incident = update.incident
    speaker = (
        IncidentRole.objects.filter(incident=incident, role=RoleName.COMMUNICATIONS, ended_at=None)
        .select_related("user")
        .first()
    )
    person = speaker.user if speaker else incident.commander
    if person is None or update.next_promised_at is None:
        return
    write_notice(
        person=person,
        kind=NoticeKind.INFO,
        message=message,
        params={
            "code": incident.code,
            "audience_label": message_id(Audience(update.audience).label),
            "next_at": update.next_promised_at.isoformat(),
        },
        incident=incident,
        path=f"/incidents/{incident.code}/update/?audience={update.audience}",
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


def _carry(update: StatusUpdate, incident: Incident, *, at: datetime) -> None:
    """Bring the words to those whom the portal itself can reach."""
    if update.audience == Audience.PUBLIC and not incident.is_exercise:
        queue_job(kind=MAIL_JOB, subject_id=update.pk, at=at)
    for person in _readers(update, incident):
        write_notice(
            person=person,
            kind=NoticeKind.UPDATE,
            message="%(code)s: %(words)s",
            params={"code": incident.code, "words": _words_for(update, person)},
            incident=incident,
            inbox_only=update.audience == Audience.STAFF,
            path="/status/inside/" if update.audience == Audience.STAFF else "",
            at=at,
        )


def _readers(update: StatusUpdate, incident: Incident) -> list[User]:
    if update.audience == Audience.MANAGEMENT:
        held = incident.roles.filter(role=RoleName.MANAGEMENT, ended_at=None)
        return [role.user for role in held.select_related("user")]
    if update.audience == Audience.STAFF:
        hit = incident.sites.values_list("site_id", "site__region_id")
        sites = [site for site, _region in hit]
        regions = [region for _site, region in hit]
        posted = SiteAssignment.objects.filter(Q(site__in=sites) | Q(region__in=regions))
        people = User.objects.filter(is_active=True, pk__in=posted.values("user_id"))
        return list(people.order_by("pk")[:MOST_STAFF])
    return []


def _words_for(update: StatusUpdate, person: User) -> str:
    return str(update.translations.get(person.language, {}).get("text") or update.text)
