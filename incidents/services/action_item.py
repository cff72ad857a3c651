"""Verbs of an action item: promised, kept or dropped with a reason."""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    ACTION_ITEM_LIFECYCLE,
    ActionItem,
    ActionItemKind,
    ActionItemStatus,
    Importance,
    Incident,
    NoticeKind,
    Review,
    TimelineKind,
)
from incidents.services.notice import write_notice
from incidents.services.timeline import write_entry


@verb
def assign_action_item(
    *,
    incident: Incident,
    text: str,
    owner: User,
    due_on: date,
    actor: User,
    at: datetime,
    review: Review | None = None,
    kind: str = ActionItemKind.PREVENT,
    about_kind: str = "",
    about_code: str = "",
) -> ActionItem:
    """Write down a promise with its owner, its day and what it changes; the owner is told."""
    if not text.strip():
        raise DomainError(_("Write what is to be done."))
    if due_on < at.date():
        raise DomainError(_("The day must not be in the past."))
    item = ActionItem.objects.create(
        incident=incident,
        review=review,
        kind=ActionItemKind(kind),
        about_kind=about_kind,
        about_code=about_code,
        text=text,
        owner=owner,
        due_on=due_on,
        assigned_at=at,
    )
    _record(item, "assign", gettext_noop("%(name)s promises: %(item)s (until %(day)s)"),
            actor=actor, at=at)  # fmt: skip
    if owner.pk != actor.pk:
        write_notice(
            person=owner,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s: yours to do until %(day)s: %(item)s"),
            params={"code": incident.code, "day": due_on.isoformat(), "item": text},
            incident=incident,
            at=at,
        )
    return item


@verb
def finish_action_item(
    *, item: ActionItem, actor: User, at: datetime, outcome: str = ""
) -> ActionItem:
    """Say that the promise is kept."""
    return _move(item, ActionItemStatus.DONE, gettext_noop("Kept: %(item)s"),
                 actor=actor, at=at, outcome=outcome)  # fmt: skip


@verb
def verify_action_item(
    *, item: ActionItem, actor: User, at: datetime, outcome: str = ""
) -> ActionItem:
    """Say that it was looked at and does what it was promised for; never its own owner."""
    if item.owner_id == actor.pk:
        raise DomainError(_("Somebody else than its owner verifies a promise."))
    return _move(item, ActionItemStatus.VERIFIED, gettext_noop("Verified by %(by)s: %(item)s"),
                 actor=actor, at=at, outcome=outcome or item.outcome)  # fmt: skip


@verb
def drop_action_item(*, item: ActionItem, actor: User, at: datetime, reason: str) -> ActionItem:
    """Say that it will not be done, and why."""
    if not reason.strip():
        raise DomainError(_("Say why it will not be done."))
    return _move(item, ActionItemStatus.DROPPED, gettext_noop("Dropped: %(item)s (%(outcome)s)"),
                 actor=actor, at=at, outcome=reason)  # fmt: skip


@verb
def reopen_action_item(*, item: ActionItem, actor: User, at: datetime) -> ActionItem:
    """Say that it is to be done after all."""
    return _move(item, ActionItemStatus.OPEN, gettext_noop("To be done after all: %(item)s"),
                 actor=actor, at=at, outcome="")  # fmt: skip


@verb
def move_action_item(
    *, item: ActionItem, due_on: date, owner: User, actor: User, at: datetime
) -> ActionItem:
    """Give the promise another day or another owner; both are kept in the trail."""
    locked = ActionItem.objects.select_for_update().get(pk=item.pk)
    before = {"due_on": locked.due_on, "owner": locked.owner.name}
    locked.due_on, locked.owner = due_on, owner
    locked.save(update_fields=["due_on", "owner"])
    audit(action="action_item.move", obj=locked, actor=actor, at=at, before=before,
          after={"due_on": due_on, "owner": owner.name})  # fmt: skip
    return locked


def _move(
    item: ActionItem,
    to: ActionItemStatus,
    words: str,
    *,
    actor: User,
    at: datetime,
    outcome: str,
) -> ActionItem:
    locked = ActionItem.objects.select_for_update().get(pk=item.pk)
    ACTION_ITEM_LIFECYCLE.check(ActionItemStatus(locked.status), to)
    locked.status = to
    locked.outcome = outcome[:500]
    if to is ActionItemStatus.VERIFIED:
        locked.verified_at, locked.verified_by = at, actor
    else:
        locked.finished_at = None if to is ActionItemStatus.OPEN else at
        locked.verified_at = locked.verified_by = None
    locked.save(update_fields=["status", "outcome", "finished_at", "verified_at", "verified_by"])
    _record(locked, to.value, words, actor=actor, at=at)
    return locked


def _record(item: ActionItem, action: str, words: str, *, actor: User, at: datetime) -> None:
    write_entry(
        incident=item.incident,
        kind=TimelineKind.REVIEW,
        message=words,
        params={
            "item": item.text,
            "name": item.owner.name,
            "by": actor.name,
            "day": item.due_on.isoformat(),
            "outcome": item.outcome,
        },
        actor=actor,
        at=at,
        importance=Importance.DETAIL,
    )
    audit(
        action=f"action_item.{action}",
        obj=item,
        actor=actor,
        at=at,
        reason=item.outcome,
        after={"text": item.text, "owner": item.owner.name, "due_on": item.due_on},
    )
