"""Verbs of a person."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Group

from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.verbs import audit, verb


@verb
def create_user(
    *,
    username: str,
    email: str,
    full_name: str,
    password: str,
    roles: Iterable[Role],
    actor: User | None,
    at: datetime,
    language: str = "en",
    time_zone: str = "Asia/Jakarta",
    job_title: str = "",
) -> User:
    """Make an account with its roles and, as a first way to reach the person, their mail."""
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
    )
    names = sorted(str(role) for role in roles)
    user.groups.set(Group.objects.filter(name__in=names))
    ContactMethod.objects.create(user=user, kind=ContactKind.MAIL, address=email)
    audit(action="user.create", obj=user, actor=actor, at=at, after={"roles": names})
    return user


@verb
def set_roles(*, user: User, roles: Iterable[Role], actor: User, at: datetime, reason: str) -> None:
    """Replace what somebody is trusted with."""
    before = sorted(user.groups.values_list("name", flat=True))
    names = sorted(str(role) for role in roles)
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
