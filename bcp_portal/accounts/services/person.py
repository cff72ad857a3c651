"""Verbs of a person's time with us: invited, described, sent off, taken back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from bcp_portal.accounts.hooks import departure_ends, departure_obstacles
from bcp_portal.accounts.last_administrator import refuse_last_administrator
from bcp_portal.accounts.models import ApiToken, ContactKind, ContactMethod, User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.role_grant import ask_for_roles, needs_second
from bcp_portal.accounts.services.user import (
    create_user,
    need_reason,
    refuse_own,
    refuse_taken,
)
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.shared.errors import DomainError

INVITATION = "accounts.invitation"
FACTS = ("email", "phone", "job_title", "language", "time_zone")


class StillNeededError(DomainError):
    """Others would be left without somebody to call."""


@verb
def invite_person(
    *,
    username: str,
    email: str,
    full_name: str,
    roles: Iterable[Role],
    by_mail: bool,
    actor: User,
    at: datetime,
    **facts: str,
) -> User:
    """Make an account without a password; its owner chooses one by a link that works once."""
    wanted = list(roles)
    asked = [role for role in wanted if needs_second(role, person=None, actor=actor)]
    user = create_user(
        username=username,
        email=email,
        full_name=full_name,
        password=None,
        roles=[role for role in wanted if role not in asked],
        actor=actor,
        at=at,
        **facts,
    )
    ask_for_roles(person=user, roles=asked, actor=actor, at=at, reason=_("A new account"))
    _send_link(user, by_mail=by_mail, at=at)
    return user


@verb
def renew_access(
    *,
    user: User,
    by_mail: bool,
    actor: User,
    at: datetime,
    reason: str,
    drop_second_factor: bool = False,
) -> User:
    """Let a person choose a password anew; whoever lost the second factor sets it up anew, too."""
    refuse_own(user, actor, _("Change your own password on the page “Password”."))
    if not user.is_active:
        raise DomainError(_("%s is deactivated. Reactivate the account first.") % user.name)
    reason = need_reason(reason)
    if drop_second_factor:
        Authenticator.objects.filter(user=user).delete()
    audit(
        action="user.renew_access",
        obj=user,
        actor=actor,
        at=at,
        reason=reason,
        after={"second_factor_removed": drop_second_factor},
    )
    _send_link(user, by_mail=by_mail, at=at)
    return user


@verb
def edit_person(
    *, user: User, full_name: str, email: str, actor: User, at: datetime, **facts: Any
) -> User:
    """Correct what is known about a person; the mail by which they are called goes along."""
    refuse_taken(email=email, but=user)
    said = {"email": email, **{name: facts[name] for name in FACTS if name in facts}}
    first, _space, last = full_name.partition(" ")
    said |= {"first_name": first, "last_name": last}
    changed = {name: value for name, value in said.items() if getattr(user, name) != value}
    if not changed:
        return user
    before = {name: getattr(user, name) for name in changed}
    if "email" in changed:
        _move_mail(user, email)
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=list(changed))
    audit(action="user.edit", obj=user, actor=actor, at=at, before=before, after=changed)
    return user


@verb
def deactivate_person(*, user: User, actor: User, at: datetime, reason: str) -> User:
    """Close an account: no sign-in, session, token or delegation; what was done stays theirs."""
    refuse_own(user, actor, _("Nobody deactivates themselves. Ask another administrator."))
    reason = need_reason(reason)
    refuse_last_administrator(user)
    if obstacles := departure_obstacles(user):
        raise StillNeededError(" ".join(obstacles))
    user.is_active = False
    user.save(update_fields=["is_active"])
    tokens = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    ended = {one.name: one.end(person=user, actor=actor, at=at) for one in departure_ends()}
    audit(
        action="user.deactivate",
        obj=user,
        actor=actor,
        at=at,
        reason=reason,
        before={"is_active": True},
        after={
            "is_active": False,
            "tokens_revoked": tokens,
            "sessions_ended": len(sessions),
            **{name: count for name, count in ended.items() if count},
        },
    )
    return user


@verb
def reactivate_person(*, user: User, actor: User, at: datetime, reason: str) -> User:
    """Open an account again, with the roles it had; its tokens stay revoked."""
    refuse_own(user, actor, _("Nobody reactivates themselves."))
    reason = need_reason(reason)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit(
        action="user.reactivate",
        obj=user,
        actor=actor,
        at=at,
        reason=reason,
        before={"is_active": False},
        after={"is_active": True},
    )
    return user


def _send_link(user: User, *, by_mail: bool, at: datetime) -> None:
    if by_mail:
        queue_job(kind=INVITATION, subject_id=user.pk, at=at)


def _move_mail(user: User, email: str) -> None:
    # The library keeps its own list of addresses with which people sign in.
    EmailAddress.objects.filter(user=user, email__iexact=user.email).delete()
    mails = ContactMethod.objects.filter(user=user, kind=ContactKind.MAIL)
    if not mails.filter(address=email).exists():
        mails.filter(address=user.email).update(address=email, verified_at=None)
