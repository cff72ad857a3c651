"""What every matrix of this room is: decided as a whole, one row a change, the newest in force."""

from typing import Self, TypeVar

from django.db import models

from bcp_portal.accounts.models import User

Matrix = TypeVar("Matrix", bound="DecidedMatrix", covariant=True)


class DecidedMatrixQuerySet(models.QuerySet[Matrix]):
    """Sets of the matrices of one kind."""

    def visible_to(self, user: User) -> Self:
        """It holds for everybody, and everybody who may open the page may read it."""
        return self.all()

    def newest_first(self) -> Self:
        """The one in force, then what held before."""
        return self.select_related("made_by").order_by("-number")


class DecidedMatrix(models.Model):
    """The cells that somebody decided, when and why; never changed."""

    number = models.PositiveIntegerField(unique=True)
    cells = models.JSONField()
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
