"""A key with which a program acts for a person; only its keyed hash is kept."""

from typing import Self

from django.db import models

from bcp_portal.accounts.models.user import User


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Sets of tokens."""

    def visible_to(self, user: User) -> Self:
        """One's own; whoever runs accounts sees that others exist, never their secrets."""
        return self if user.has_perm("accounts.manage_people") else self.filter(user=user)

    def live(self) -> Self:
        """Tokens that still open doors."""
        return self.filter(revoked_at=None, user__is_active=True)


class ApiToken(models.Model):
    """A program's key; it may do what its person may do."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    # The first characters, so that people can tell their tokens apart.
    hint = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
