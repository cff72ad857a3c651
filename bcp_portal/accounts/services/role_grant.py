"""Verbs of a dangerous role: one person asks for it, another one gives it."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from bcp_portal.accounts.holders import holders_of
from bcp_portal.accounts.models import GrantState, RoleGrant, User
from bcp_portal.accounts.roles import DANGEROUS
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError

SECOND = "accounts.second_grant"


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
def agree_to_grant(*, grant: RoleGrant, actor: User, at: datetime) -> RoleGrant:
    """Give a dangerous role that somebody else asked for."""
    locked = _locked(grant)
    if actor.pk == locked.asked_by_id:
        raise NotAllowedError(_("A second person has to agree to what you asked for."))
    if actor.pk == locked.person_id:
        raise NotAllowedError(_("Nobody gives a role to themselves."))
    before = sorted(locked.person.groups.values_list("name", flat=True))
    locked.person.groups.add(Group.objects.get(name=locked.role))
    audit(
        action="user.set_roles",
        obj=locked.person,
        actor=actor,
        at=at,
        reason=_("%(reason)s (asked for by %(who)s)")
        % {"reason": locked.reason, "who": locked.asked_by.name},
        before={"roles": before},
        after={"roles": sorted({*before, locked.role})},
    )
    return _settle(locked, GrantState.GRANTED, actor=actor, at=at)


@verb
def refuse_grant(*, grant: RoleGrant, actor: User, at: datetime) -> RoleGrant:
    """Say no; also how somebody takes their own request back."""
    return _settle(_locked(grant), GrantState.REFUSED, actor=actor, at=at)


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
