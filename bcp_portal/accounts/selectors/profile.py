"""What one's own profile shows."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import ApiToken, ContactMethod, User
from bcp_portal.accounts.selectors.people import (
    Words,
    open_sessions,
    role_words,
    second_factors,
)


@dataclass(frozen=True)
class ProfilePage:
    """A person as they see themselves."""

    person: User
    roles: list[Words]
    contacts: list[ContactMethod]
    tokens: list[ApiToken]
    second_factors: list[str]
    sessions: int


def profile_page(person: User, *, at: datetime) -> ProfilePage:
    """Gather one's own account. Five queries."""
    return ProfilePage(
        person=person,
        roles=role_words(person),
        contacts=list(ContactMethod.objects.visible_to(person)),
        tokens=list(ApiToken.objects.filter(user=person, revoked_at=None).order_by("-created_at")),
        second_factors=second_factors(person),
        sessions=open_sessions(person, at=at),
    )
