"""Verbs of a dangerous role: one person asks for it, another one gives it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.last_administrator import (
    LastAdministratorError,
    refuse_last_administrator,
)
from bcp_portal.accounts.models import GrantState, RoleGrant, User
from bcp_portal.accounts.roles import DANGEROUS, Role
from bcp_portal.accounts.step_up import FRESH_FOR
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError

SECOND = "accounts.second_grant"
ENDS = "accounts.emergency_role"
EMERGENCY_FOR = timedelta(hours=4)
ASK_AGAIN = timedelta(hours=1)


class GrantDecidedError(DomainError):
    """Somebody has decided about this already."""


def needs_second(role: str, *, person: User | None, actor: User) -> bool:
    """Whether this role takes a second person; not where there is nobody who could be one."""
    if role not in DANGEROUS:
        return False
    involved = [one.pk for one in (person, actor) if one is not None]
    return holders_of(SECOND).exclude(pk__in=involved).exists()


@verb
def ask_for_roles(
    *, person: User, roles: Iterable[str], actor: User, at: datetime, reason: str
) -> None:
    """Put dangerous roles before a second person."""
    for role in roles:
        _refuse_unseen(person, role)
        grant, is_new = RoleGrant.objects.waiting().get_or_create(
            person=person,
            role=role,
            defaults={"reason": reason, "asked_by": actor, "asked_at": at},
        )
        if is_new:
            audit(
                action="role_grant.ask",
                obj=grant,
                actor=actor,
                at=at,
                reason=reason,
                after={"person": person.name, "role": role},
            )


@verb
def give_in_emergency(
    *,
    person: User,
    roles: Iterable[str],
    actor: User,
    at: datetime,
    reason: str,
    signed_in_at: datetime | None,
) -> None:
    """Break the glass: give dangerous roles alone, for four hours, to be looked at by another.

    Nobody holds a role so twice before a second person has judged the first time.
    """
    if signed_in_at is None or at - signed_in_at > FRESH_FOR:
        raise NotAllowedError(_("Confirm first that it is you: sign in again."))
    for role in roles:
        _refuse_unseen(person, role)
        facts = {"reason": reason, "asked_by": actor, "asked_at": at, "until": at + EMERGENCY_FOR}
        # What waited for a second person, and cannot wait any longer, becomes an emergency.
        grant, _is_new = RoleGrant.objects.waiting().update_or_create(
            person=person, role=role, defaults=facts
        )
        set_deadline(kind=ENDS, subject_id=grant.pk, due_at=at + EMERGENCY_FOR, at=at)
        audit(
            action="role_grant.emergency",
            obj=grant,
            actor=actor,
            at=at,
            reason=reason,
            after={"person": person.name, "role": role, "until": str(at + EMERGENCY_FOR)},
        )
        _change_role(grant, is_given=True, actor=actor, at=at, reason=reason)


@verb
def end_emergency(*, deadline: Deadline, at: datetime) -> None:
    """Take back what was given in an emergency; its judgement may come later.

    Whoever became the last administrator meanwhile keeps the role until there is another.
    """
    grant = RoleGrant.objects.select_for_update().get(pk=deadline.subject_id)
    if grant.taken_back_at is not None or _given_by_two_since(grant):
        return
    try:
        _take_back(grant, actor=None, at=at)
    except LastAdministratorError:
        later, step = at + ASK_AGAIN, deadline.step + 1
        set_deadline(kind=ENDS, subject_id=grant.pk, due_at=later, at=at, step=step)


@verb
def agree_to_grant(*, grant: RoleGrant, actor: User, at: datetime) -> RoleGrant:
    """Give a dangerous role that somebody else asked for, or call an emergency right.

    What was given in an emergency ends at its hour all the same.
    """
    locked = _locked(grant)
    if locked.is_emergency:
        _refuse_involved(locked, actor)
        return _settle(locked, GrantState.GRANTED, actor=actor, at=at)
    if actor.pk == locked.asked_by_id:
        raise NotAllowedError(_("A second person has to agree to what you asked for."))
    if actor.pk == locked.person_id:
        raise NotAllowedError(_("Nobody gives a role to themselves."))
    reason = _("%(reason)s (asked for by %(who)s)") % {
        "reason": locked.reason,
        "who": locked.asked_by.name,
    }
    _change_role(locked, is_given=True, actor=actor, at=at, reason=reason)
    return _settle(locked, GrantState.GRANTED, actor=actor, at=at)


@verb
def refuse_grant(*, grant: RoleGrant, actor: User, at: datetime) -> RoleGrant:
    """Say no; also how somebody takes their own request back.

    An emergency that was not right ends at once.
    """
    locked = _locked(grant)
    if locked.is_emergency:
        _refuse_involved(locked, actor)
        if locked.taken_back_at is None:
            cancel_deadlines(kind=ENDS, subject_id=locked.pk, at=at)
            _take_back(locked, actor=actor, at=at)
    return _settle(locked, GrantState.REFUSED, actor=actor, at=at)


def _given_by_two_since(grant: RoleGrant) -> bool:
    """Whether the same role was taken away meanwhile and then given in the ordinary way."""
    same = RoleGrant.objects.filter(person=grant.person_id, role=grant.role, until=None)
    return same.filter(state=GrantState.GRANTED, decided_at__gt=grant.asked_at).exists()


def _refuse_unseen(person: User, role: str) -> None:
    if RoleGrant.objects.waiting().filter(person=person, role=role).exclude(until=None).exists():
        raise DomainError(
            _("%s held this in an emergency before. Somebody has to look at that first.")
            % person.name
        )


def _refuse_involved(grant: RoleGrant, actor: User) -> None:
    if actor.pk in (grant.asked_by_id, grant.person_id):
        raise NotAllowedError(_("Somebody else looks at what was given in an emergency."))


def _take_back(grant: RoleGrant, *, actor: User | None, at: datetime) -> None:
    if grant.role == Role.ADMINISTRATOR:
        refuse_last_administrator(grant.person)
    grant.taken_back_at = at
    grant.save(update_fields=["taken_back_at"])
    reason = _("It was given in an emergency: %s") % grant.reason
    _change_role(grant, is_given=False, actor=actor, at=at, reason=reason)


def _change_role(
    grant: RoleGrant, *, is_given: bool, actor: User | None, at: datetime, reason: str
) -> None:
    """Give or take the role, unless that is so already."""
    before = sorted(grant.person.groups.values_list("name", flat=True))
    after = sorted({*before, grant.role} if is_given else set(before) - {grant.role})
    if after == before:
        return
    grant.person.groups.set(Group.objects.filter(name__in=after))
    audit(
        action="user.set_roles",
        obj=grant.person,
        actor=actor,
        at=at,
        reason=reason,
        before={"roles": before},
        after={"roles": after},
    )


def _locked(grant: RoleGrant) -> RoleGrant:
    locked = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    if locked.state != GrantState.WAITING:
        raise GrantDecidedError(_("This has been decided already."))
    return locked


def _settle(grant: RoleGrant, state: GrantState, *, actor: User, at: datetime) -> RoleGrant:
    grant.state, grant.decided_by, grant.decided_at = state, actor, at
    grant.save(update_fields=["state", "decided_by", "decided_at"])
    audit(
        action=f"role_grant.{state}",
        obj=grant,
        actor=actor,
        at=at,
        reason=grant.reason,
        after={"person": grant.person.name, "role": grant.role},
    )
    return grant
