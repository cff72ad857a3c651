"""Verbs of a sensitive incident: only people who were named see it, and their reading is noted."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, record_access, verb
from bcp_portal.reports.services.report_file import keep_private
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import (
    Importance,
    Incident,
    IncidentAccess,
    NoticeKind,
    SensitiveLift,
    TimelineKind,
)
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry


@verb
def make_sensitive(*, incident: Incident, reason: str, actor: User, at: datetime) -> Incident:
    """Close an incident to everybody who is not named; those who hold a role in it stay."""
    locked = _commanded(incident, actor)
    if locked.sensitive_at is not None:
        raise DomainError(_("%(code)s is sensitive already.") % {"code": locked.code})
    locked.sensitive_at = at
    locked.save(update_fields=["sensitive_at"])
    keep_private(subject_kind="incident", subject_id=locked.pk, is_private=True)
    message = gettext_noop("Sensitive from now on: only named people see it. %(reason)s")
    _note(locked, message, {"reason": reason}, actor=actor, at=at)
    audit(action="incident.sensitive", obj=locked, actor=actor, at=at, reason=reason)
    return locked


@verb
def ask_lift(*, incident: Incident, reason: str, actor: User, at: datetime) -> SensitiveLift:
    """Ask to open it to everybody who may see its places; it opens when a second person agrees."""
    locked = _commanded(incident, actor)
    if locked.sensitive_at is None:
        raise DomainError(_("%(code)s is not sensitive.") % {"code": locked.code})
    lift, is_new = SensitiveLift.objects.get_or_create(
        incident=locked,
        decided_at=None,
        defaults={"asked_by": actor, "asked_at": at, "reason": reason},
    )
    if is_new:
        _note(locked, gettext_noop("%(name)s asks to open it to everybody: %(reason)s"),
              {"name": actor.name, "reason": reason}, actor=actor, at=at)  # fmt: skip
        audit(action="incident.ask_lift", obj=locked, actor=actor, at=at, reason=reason)
    return lift


@verb
def decide_lift(*, lift: SensitiveLift, is_agreed: bool, actor: User, at: datetime) -> Incident:
    """Agree as the second person, or keep it closed; nobody agrees to what they asked for."""
    locked = Incident.objects.select_for_update().get(pk=lift.incident_id)
    lift = SensitiveLift.objects.select_for_update().get(pk=lift.pk)
    if lift.decided_at is not None:
        raise DomainError(_("Somebody has decided this already."))
    if is_agreed and lift.asked_by_id == actor.pk:
        raise NotAllowedError(_("This takes a second person: you asked for it."))
    lift.decided_at, lift.decided_by, lift.is_agreed = at, actor, is_agreed
    lift.save(update_fields=["decided_at", "decided_by", "is_agreed"])
    if not is_agreed:
        _note(locked, gettext_noop("It stays sensitive"), {}, actor=actor, at=at)
        audit(action="incident.keep_sensitive", obj=locked, actor=actor, at=at)
        return locked
    locked.sensitive_at = None
    locked.save(update_fields=["sensitive_at"])
    keep_private(subject_kind="incident", subject_id=locked.pk, is_private=False)
    _note(locked, gettext_noop("No longer sensitive: %(reason)s"), {"reason": lift.reason},
          actor=actor, at=at)  # fmt: skip
    audit(action="incident.not_sensitive", obj=locked, actor=actor, at=at, reason=lift.reason,
          after={"asked_by": lift.asked_by.username})  # fmt: skip
    return locked


@verb
def name_person(
    *, incident: Incident, user: User, reason: str, actor: User, at: datetime
) -> IncidentAccess:
    """Let one more person see it; only the commander may, and the person is told."""
    locked = _commanded(incident, actor)
    access = _let_in(locked, user, reason, actor=actor, at=at)
    write_notice(
        person=user,
        kind=NoticeKind.INFO,
        message=gettext_noop("You were named for %(code)s, which only named people see"),
        params={"code": locked.code},
        incident=locked,
        at=at,
    )
    return access


@verb
def unname_person(*, access: IncidentAccess, actor: User, at: datetime) -> IncidentAccess:
    """Let a person see it no longer."""
    locked = _commanded(access.incident, actor)
    if access.ended_at is None:
        access.ended_at = at
        access.save(update_fields=["ended_at"])
        _note(locked, gettext_noop("%(name)s no longer sees it"), {"name": access.user.name},
              actor=actor, at=at)  # fmt: skip
        audit(action="incident.unname", obj=locked, actor=actor, at=at,
              after={"person": access.user.username})  # fmt: skip
    return access


@verb
def let_in_called(*, incident: Incident, user: User, at: datetime) -> None:
    """Whoever is called to a sensitive incident must be able to open it; the trail says so."""
    if incident.sensitive_at is not None:
        reason = gettext_noop("Called by the escalation")
        _let_in(incident, user, reason, actor=None, at=at)


def note_reading(*, incident: Incident, actor: User, at: datetime) -> None:
    """Note in the trail that somebody read a sensitive incident."""
    if incident.sensitive_at is not None:
        record_access(action="incident.read", obj=incident, actor=actor, at=at)


def _let_in(
    incident: Incident, user: User, reason: str, *, actor: User | None, at: datetime
) -> IncidentAccess:
    access, is_new = IncidentAccess.objects.get_or_create(
        incident=incident,
        user=user,
        ended_at=None,
        defaults={"granted_by": actor, "granted_at": at, "reason": reason},
    )
    if is_new:
        _note(incident, gettext_noop("%(name)s sees it from now on"), {"name": user.name},
              actor=actor, at=at)  # fmt: skip
        audit(action="incident.name", obj=incident, actor=actor, at=at, reason=reason,
              after={"person": user.username})  # fmt: skip
    return access


def _commanded(incident: Incident, actor: User) -> Incident:
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    if locked.commander_id != actor.pk:
        raise NotAllowedError(_("Only the commander says who may see it."))
    return locked


def _note(
    incident: Incident, message: str, params: dict[str, str], *, actor: User | None, at: datetime
) -> None:
    write_entry(
        incident=incident,
        kind=TimelineKind.ROLE,
        message=message,
        params=params,
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
