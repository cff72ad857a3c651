"""The authority matrix as it was decided, one row for each change: the newest is in force."""

from typing import Self

from django.db import models

from bcp_portal.accounts.models import User


class AuthorityMatrixQuerySet(models.QuerySet["AuthorityMatrix"]):
    """Sets of matrices."""

    def visible_to(self, user: User) -> Self:
        """It holds for everybody, and everybody who may open the page may read it."""
        return self.all()

    def newest_first(self) -> Self:
        """The one in force, then what held before."""
        return self.select_related("made_by").order_by("-number")


class AuthorityMatrix(models.Model):
    """How many people each deed of a plan takes at each severity; never changed."""

    number = models.PositiveIntegerField(unique=True)
    cells = models.JSONField()
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    objects = AuthorityMatrixQuerySet.as_manager()

    def __str__(self) -> str:
        return f"authority matrix {self.number}"
