"""Of whom a second proof of who they are is demanded, and who has not set one up yet."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from bcp_portal.accounts.models import User

# Recovery codes only stand in for one of these; alone they prove nothing.
PROOFS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def people_to_enrol() -> QuerySet[User]:
    """Active people in a role that demands a second factor, who have none."""
    proof = Authenticator.objects.filter(user=OuterRef("pk"), type__in=PROOFS)
    held = Q(groups__name__in=settings.SECOND_FACTOR_ROLES) | Q(is_superuser=True)
    return User.objects.filter(held, ~Exists(proof), is_active=True).distinct()


def must_enrol(user: Any) -> bool:
    """Whether this very person has to set one up first; asks nothing where no role demands it."""
    if not settings.SECOND_FACTOR_ROLES or not isinstance(user, User):
        return False
    return people_to_enrol().filter(pk=user.pk).exists()
