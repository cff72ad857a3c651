"""Verbs of a role: who holds it now, and who held it before."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    Importance,
    Incident,
    IncidentRole,
    NoticeKind,
    RoleName,
    TimelineKind,
)
from incidents.models.wording import message_id
from incidents.services.escalation import stop_escalations
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry


class RoleRefusedError(DomainError):
    """This person cannot hold this role now."""


@verb
def take_command(*, incident: Incident, actor: User, at: datetime) -> Incident:
    """Become the commander; whoever commanded before is told."""
    take_role(incident=incident, user=actor, actor=actor, at=at)
    incident.refresh_from_db()
    return incident


@verb
def assign_role(
    *, incident: Incident, role: str, user: User, actor: User, at: datetime
) -> IncidentRole:
    """Give a role to a person; the one who held it hands over and is told."""
    return take_role(incident=incident, role=role, user=user, actor=actor, at=at)


@verb
def take_role(
    *,
    incident: Incident,
    user: User,
    actor: User | None,
    at: datetime,
    role: str = RoleName.COMMANDER,
) -> IncidentRole:
    """Hand a role to a person; the history keeps who held it from when to when."""
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    if not locked.is_open:
        raise RoleRefusedError(
            _("%(code)s is over; roles no longer change.") % {"code": locked.code}
        )
    if not user.is_active:
        raise RoleRefusedError(_("%(name)s has left.") % {"name": user.name})
    held = IncidentRole.objects.filter(incident=locked, role=role, ended_at=None).first()
    if held is not None and held.user_id == user.pk:
        return held
    if held is not None:
        held.ended_at = at
        held.save(update_fields=["ended_at"])
        _tell(locked, held.user, gettext_noop("%(name)s now holds your role: %(role_label)s"),
              user, role, actor=actor, at=at)  # fmt: skip
    new = IncidentRole.objects.create(
        incident=locked, role=role, user=user, assigned_at=at, assigned_by=actor
    )
    if role == RoleName.COMMANDER:
        _hand_over_command(locked, user, at=at)
    _record(locked, new, before=held, actor=actor, at=at)
    _tell(locked, user, gettext_noop("You are now: %(role_label)s"), user, role,
          actor=actor, at=at)  # fmt: skip
    return new


@verb
def end_role(*, held: IncidentRole, actor: User, at: datetime) -> IncidentRole:
    """Give a role back without a successor; command can only be handed over."""
    if held.role == RoleName.COMMANDER and held.incident.is_ongoing:
        raise RoleRefusedError(_("Command is handed over, not laid down."))
    if held.ended_at is None:
        held.ended_at = at
        held.save(update_fields=["ended_at"])
        audit(action="incident.role_end", obj=held.incident, actor=actor, at=at,
              before={"role": held.role, "user": held.user.name})  # fmt: skip
    return held


def _hand_over_command(incident: Incident, user: User, *, at: datetime) -> None:
    incident.commander = user
    incident.acknowledged_by = user
    incident.acknowledged_at = incident.acknowledged_at or at
    incident.save(update_fields=["commander", "acknowledged_by", "acknowledged_at"])
    # A person has taken it: nobody else needs to be called.
    stop_escalations(incident=incident, actor=user, at=at, reason="command taken")


def _record(
    incident: Incident,
    new: IncidentRole,
    *,
    before: IncidentRole | None,
    actor: User | None,
    at: datetime,
) -> None:
    role_label = message_id(RoleName(new.role).label)
    write_entry(
        incident=incident,
        kind=TimelineKind.ROLE,
        message=(
            gettext_noop("%(role_label)s: %(old)s hands over to %(new)s")
            if before
            else gettext_noop("%(role_label)s: %(new)s")
        ),
        params={
            "role_label": role_label,
            "old": before.user.name if before else "",
            "new": new.user.name,
        },
        actor=actor,
        at=at,
        importance=Importance.KEY if new.role == RoleName.COMMANDER else Importance.NORMAL,
    )
    audit(
        action="incident.role",
        obj=incident,
        actor=actor,
        at=at,
        before={"role": new.role, "user": before.user.name if before else None},
        after={"role": new.role, "user": new.user.name},
    )


def _tell(
    incident: Incident,
    person: User,
    words: str,
    holder: User,
    role: str,
    *,
    actor: User | None,
    at: datetime,
) -> None:
    if actor is not None and person.pk == actor.pk:
        return
    write_notice(
        person=person,
        kind=NoticeKind.INFO,
        # Joined here so that the notice alone says which incident it is about.
        message="%(code)s: %(words_said)s",
        params={
            "code": incident.code,
            "words_said": {
                "message": words,
                "params": {
                    "name": holder.name,
                    "role_label": message_id(RoleName(role).label),
                },
            },
        },
        incident=incident,
        at=at,
    )
