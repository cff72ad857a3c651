"""Verbs that give the promises, roles, duties and plans of one person to another."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.accounts.services.handover import give_row
from bcp_portal.audit.verbs import audit, verb
from incidents.models import IncidentRole, NoticeKind, TimelineKind
from incidents.models.action_item import ActionItem
from incidents.services.notice import write_notice
from incidents.services.role import take_role
from incidents.services.timeline import write_entry


@verb
def give_action(*, row: ActionItem, to: User, actor: User, at: datetime) -> None:
    """Make a promise somebody else's; the incident's timeline says so."""
    before = row.owner.name
    give_row(row=row, to=to, actor=actor, at=at, holder="owner")
    write_entry(
        incident=row.incident,
        kind=TimelineKind.REVIEW,
        message=gettext_noop("%(old)s hands over to %(new)s: %(item)s"),
        params={"old": before, "new": to.name, "item": row.text},
        actor=actor,
        at=at,
    )


@verb
def give_role(*, row: IncidentRole, to: User, actor: User, at: datetime) -> None:
    """Let somebody else hold a role in an open incident."""
    take_role(incident=row.incident, role=row.role, user=to, actor=actor, at=at)


@verb
def give_call(*, row: Any, to: User, actor: User, at: datetime) -> None:
    """Call somebody else on a level; whoever is on it already stays once."""
    if row.level.targets.filter(user=to).exists():
        audit(action="escalationtarget.hand_over", obj=row.level.policy, actor=actor, at=at,
              before={"user": row.user.username}, after={"user": to.username})  # fmt: skip
        row.delete()
        return
    give_row(row=row, to=to, actor=actor, at=at, holder="user")


@verb
def give_turn(*, row: Any, to: User, actor: User, at: datetime) -> None:
    """Give a turn of a duty; of one that has begun only what is left of it."""
    if row.starts_at < at:
        begun = {"rotation": row.rotation, "user": row.user, "starts_at": row.starts_at}
        type(row).objects.create(
            **begun, ends_at=at, is_override=row.is_override, calendar=row.calendar
        )
        row.starts_at = at
        row.save(update_fields=["starts_at"])
    give_row(row=row, to=to, actor=actor, at=at, holder="user")


@verb
def tell_successor(*, person: User, to: User, count: int, at: datetime) -> None:
    """Put into the inbox of the new holder how much is theirs, and whose it was."""
    write_notice(
        person=to,
        kind=NoticeKind.INFO,
        message=gettext_noop("%(count)s things of %(name)s are yours from now on."),
        params={"count": count, "name": person.name},
        at=at,
    )
