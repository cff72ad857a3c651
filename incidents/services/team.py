"""Verbs of teams inside an incident: form, join, leave, disband."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import Importance, Incident, Team, TeamMember, TimelineKind
from incidents.services.timeline import write_entry


@verb
def form_team(
    *,
    incident: Incident,
    name: str,
    lead: User,
    actor: User,
    at: datetime,
    members: Iterable[User] = (),
) -> Team:
    """Give some people one task and one lead."""
    if not incident.is_open:
        raise DomainError(_("%(code)s is over.") % {"code": incident.code})
    _refuse_who_left(lead)
    try:
        with transaction.atomic():
            team = Team.objects.create(
                incident=incident, name=name.strip(), lead=lead, formed_at=at
            )
    except IntegrityError:
        words = _("There is a team “%(name)s” already.") % {"name": name.strip()}
        raise DomainError(words) from None
    _note(team, gettext_noop("Team %(team)s formed, led by %(name)s"), lead, actor=actor, at=at)
    audit(action="team.form", obj=team, actor=actor, at=at,
          after={"incident": incident.code, "lead": lead.username})  # fmt: skip
    for person in members:
        if person.pk != lead.pk:
            join_team(team=team, user=person, actor=actor, at=at)
    return team


@verb
def join_team(*, team: Team, user: User, actor: User, at: datetime) -> TeamMember:
    """Put a person into a team; who is in it already stays."""
    _refuse_who_left(user)
    if team.ended_at is not None:
        raise DomainError(_("Team %(name)s was disbanded.") % {"name": team.name})
    member, is_new = TeamMember.objects.get_or_create(
        team=team, user=user, left_at=None, defaults={"joined_at": at}
    )
    if is_new:
        _note(team, gettext_noop("%(name)s joined team %(team)s"), user, actor=actor, at=at)
        audit(action="team.join", obj=team, actor=actor, at=at, after={"person": user.username})
    return member


@verb
def leave_team(*, team: Team, user: User, actor: User, at: datetime) -> None:
    """Take a person out of a team."""
    if TeamMember.objects.filter(team=team, user=user, left_at=None).update(left_at=at):
        _note(team, gettext_noop("%(name)s left team %(team)s"), user, actor=actor, at=at)
        audit(action="team.leave", obj=team, actor=actor, at=at, after={"person": user.username})


@verb
def disband_team(*, team: Team, actor: User, at: datetime) -> Team:
    """The task is done."""
    if team.ended_at is None:
        team.ended_at = at
        team.save(update_fields=["ended_at"])
        _note(team, gettext_noop("Team %(team)s disbanded"), team.lead, actor=actor, at=at)
        audit(action="team.disband", obj=team, actor=actor, at=at)
    return team


def _refuse_who_left(person: User) -> None:
    if not person.is_active:
        raise DomainError(_("%(name)s has left.") % {"name": person.name})


def _note(team: Team, message: str, person: User, *, actor: User, at: datetime) -> None:
    write_entry(
        incident=team.incident,
        kind=TimelineKind.ROLE,
        message=message,
        params={"team": team.name, "name": person.name},
        actor=actor,
        at=at,
        importance=Importance.NORMAL,
    )
