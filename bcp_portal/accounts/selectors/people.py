"""Whom a person may look up, and what the list and the page of a person show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.hooks import departure_obstacles, person_facts
from bcp_portal.accounts.models import ApiToken, ContactMethod, User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.duties import DutyGroup, duties_of
from bcp_portal.audit.models import AuditRow
from bcp_portal.audit.sealing import unseal
from bcp_portal.audit.selectors import Difference, words

Words = str | Promise
SHOWN = 100
ROLE_LABELS: dict[str, Words] = {str(role): role.label for role in Role}
# What people call the actions that the trail keeps as short words.
ACTIONS: dict[str, Words] = {
    "user.create": _("Account made"),
    "user.edit": _("Details changed"),
    "user.set_roles": _("Roles changed"),
    "user.renew_access": _("New sign-in link"),
    "user.deactivate": _("Deactivated"),
    "user.reactivate": _("Reactivated"),
    "user.erase": _("Personal data erased"),
    "user.hand_over": _("Work handed over"),
    "user.sign_in_refused": _("Turned away at sign-in"),
    "user.invitation_lost": _("Invitation could not be sent"),
    "user.add_contact": _("Way to be reached added"),
    "user.remove_contact": _("Way to be reached removed"),
    "user.order_contacts": _("Order of calls changed"),
    "list.export": _("Took a list away as a file"),
}


@dataclass(frozen=True)
class FactLine:
    """What another room knows about a person, and where that is changed."""

    label: Words
    values: list[str]
    url_name: str


@dataclass(frozen=True)
class PersonEvent:
    """One change of an account."""

    seq: int
    at: datetime
    actor: str
    action: str
    reason: str
    changes: list[Difference]


@dataclass(frozen=True)
class PersonPage:
    """What the page of a person shows."""

    person: User
    roles: list[Words]
    contacts: list[ContactMethod]
    tokens: list[ApiToken]
    second_factors: list[str]
    sessions: int
    facts: list[FactLine]
    obstacles: list[str]
    duties: list[DutyGroup]
    history: list[PersonEvent]

    @property
    def is_invited(self) -> bool:
        """Whether the person has not chosen a password yet."""
        return not self.person.has_usable_password()


def people_visible_to(user: User) -> QuerySet[User]:
    """The only way a door may fetch accounts: whoever runs them sees all, others see none."""
    if not user.has_perm("accounts.manage_people"):
        return User.objects.none()
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return User.objects.annotate(has_second_factor=Exists(factors)).prefetch_related("groups")


def role_words(person: User) -> list[Words]:
    """The roles of a person as words, in the order of the table of roles."""
    held = {group.name for group in person.groups.all()}
    return [label for name, label in ROLE_LABELS.items() if name in held]


def second_factors(person: User) -> list[str]:
    """With what a person proves who they are besides the password. One query."""
    kinds = Authenticator.objects.filter(user=person).values_list("type", flat=True).distinct()
    return [str(Authenticator.Type(kind).label) for kind in sorted(kinds)]


def open_sessions(person: User, *, at: datetime) -> int:
    """At how many places somebody is signed in now. One query."""
    keys = UserSession.objects.filter(user=person).values("session_key")
    return Session.objects.filter(session_key__in=keys, expire_date__gt=at).count()


def person_page(person: User, *, at: datetime) -> PersonPage:
    """Gather an account: who they are, how they prove it, how they are reached, what happened."""
    return PersonPage(
        person=person,
        roles=role_words(person),
        contacts=list(ContactMethod.objects.filter(user=person).order_by("position", "pk")),
        tokens=list(ApiToken.objects.filter(user=person, revoked_at=None).order_by("-created_at")),
        second_factors=second_factors(person),
        sessions=open_sessions(person, at=at),
        facts=[FactLine(fact.label, fact.values(person), fact.url_name) for fact in person_facts()],
        obstacles=departure_obstacles(person) if person.is_active else [],
        duties=duties_of(person, at=at),
        history=_history(person),
    )


def _history(person: User) -> list[PersonEvent]:
    about = AuditRow.objects.about(person._meta.label_lower, person.pk)
    # Each day's sign-ins would push the changes off the page; the trail has them all.
    rows = about.exclude(action="user.sign_in").order_by("-seq")[:SHOWN]
    return [
        PersonEvent(
            seq=row.seq,
            at=row.at,
            actor=row.actor_name,
            action=str(ACTIONS.get(row.action, row.action)),
            reason=row.reason,
            changes=[
                Difference(
                    name=name.replace("_", " "),
                    before=_shown(row.before.get(name)),
                    after=_shown(row.after.get(name)),
                    is_changed=True,
                )
                for name in sorted({*row.before, *row.after})
            ],
        )
        for row in unseal(rows, forgotten=gettext("erased"))
    ]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(ROLE_LABELS.get(str(one), one)) for one in value) or "–"
    return words(value)
