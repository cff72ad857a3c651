"""Whom a verified mail address stands for."""

from bcp_portal.accounts.models import User


def person_with_mail(mail: str) -> User | None:
    """The one account with this mail address, active or not; capital letters do not matter."""
    return User.objects.filter(email__iexact=mail).first() if mail else None
