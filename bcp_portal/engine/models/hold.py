"""Whether calls to people are held back, as they are in a copy that was restored from a backup."""

from typing import Self

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import F, Q


class CallHoldQuerySet(models.QuerySet["CallHold"]):
    """Sets of holds."""

    def in_force(self) -> Self:
        """Those that two people have not released yet."""
        return self.filter(released_at=None)

    def visible_to(self, user: AbstractUser | AnonymousUser) -> Self:
        """Whoever may look at the engine sees every hold; nobody else sees any."""
        return self if user.has_perm("engine.view_engine") else self.none()


class CallHold(models.Model):
    """A reason to call nobody until two people have released it."""

    reason = models.TextField()
    held_at = models.DateTimeField()
    first_release_by = models.BigIntegerField(null=True)
    second_release_by = models.BigIntegerField(null=True)
    released_at = models.DateTimeField(null=True)

    objects = CallHoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_released_by_two_different_people",
                condition=Q(released_at__isnull=True)
                | (
                    Q(first_release_by__isnull=False, second_release_by__isnull=False)
                    & ~Q(first_release_by=F("second_release_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
