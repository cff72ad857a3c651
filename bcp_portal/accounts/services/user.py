"""Verbs of a person: their account and what they are trusted with."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from bcp_portal.accounts.last_administrator import refuse_last_administrator
from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.role_grant import ask_for_roles, give_in_emergency, needs_second
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError


class AccountTakenError(DomainError):
    """Somebody else has this username or this mail address already."""


@verb
def create_user(
    *,
    username: str,
    email: str,
    full_name: str,
    password: str | None,
    roles: Iterable[Role],
    actor: User | None,
    at: datetime,
    language: str = "en",
    time_zone: str = "Asia/Jakarta",
    job_title: str = "",
    phone: str = "",
) -> User:
    """Make an account with its roles and, as a first way to reach the person, their mail.

    Without a password nobody can sign in until the person has chosen one themselves.
    """
    refuse_taken(username=username, email=email)
    first, _space, last = full_name.partition(" ")
    user = User.objects.create_user(
        username,
        email,
        password,
        first_name=first,
        last_name=last,
        language=language,
        time_zone=time_zone,
        job_title=job_title,
        phone=phone,
    )
    names = sorted(str(role) for role in roles)
    user.groups.set(Group.objects.filter(name__in=names))
    # The invitation goes there, and nobody gets in without it.
    ContactMethod.objects.create(user=user, kind=ContactKind.MAIL, address=email, verified_at=at)
    audit(action="user.create", obj=user, actor=actor, at=at, after={"roles": names})
    return user


@verb
def set_roles(
    *,
    user: User,
    roles: Iterable[Role],
    actor: User,
    at: datetime,
    reason: str,
    emergency: bool = False,
    signed_in_at: datetime | None = None,
) -> list[str]:
    """Replace what somebody is trusted with; nobody does that for themselves.

    Return the dangerous roles that now wait for a second person: not given yet or, in an
    emergency (which takes a fresh sign-in), held for some hours meanwhile.
    """
    refuse_own(user, actor, _("Nobody changes their own roles. Ask another administrator."))
    reason = need_reason(reason)
    before = sorted(user.groups.values_list("name", flat=True))
    names = sorted(str(role) for role in roles)
    if Role.ADMINISTRATOR not in names:
        refuse_last_administrator(user)
    asked = [
        name
        for name in names
        if name not in before and needs_second(name, person=user, actor=actor)
    ]
    names = [name for name in names if name not in asked]
    if names != before:
        user.groups.set(Group.objects.filter(name__in=names))
        audit(
            action="user.set_roles",
            obj=user,
            actor=actor,
            at=at,
            reason=reason,
            before={"roles": before},
            after={"roles": names},
        )
    if emergency:
        give_in_emergency(
            person=user, roles=asked, actor=actor, at=at, reason=reason, signed_in_at=signed_in_at
        )
    else:
        ask_for_roles(person=user, roles=asked, actor=actor, at=at, reason=reason)
    return asked


def refuse_taken(*, username: str = "", email: str = "", but: User | None = None) -> None:
    """Refuse what the database would refuse, with a sentence."""
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    if username and others.filter(username__iexact=username).exists():
        raise AccountTakenError(_("The username %s is taken.") % username)
    if email and others.filter(email__iexact=email).exists():
        raise AccountTakenError(_("Somebody has the mail address %s already.") % email)


def refuse_own(user: User, actor: User, sentence: str) -> None:
    """Refuse what nobody may do to their own account."""
    if user.pk == actor.pk:
        raise NotAllowedError(sentence)


def need_reason(reason: str) -> str:
    """Give back the reason without blanks around it, or refuse."""
    if not reason.strip():
        raise DomainError(_("Say why: this change is kept with its reason."))
    return reason.strip()
