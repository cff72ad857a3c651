"""The severity matrix as it was decided, one row for each change: the newest is in force."""

from typing import Self

from django.db import models
from django.db.models import Q

from bcp_portal.accounts.models import User


class SeverityMatrixQuerySet(models.QuerySet["SeverityMatrix"]):
    """Sets of matrices."""

    def visible_to(self, user: User) -> Self:
        """It holds for everybody, and everybody who may open the page may read it."""
        return self.all()

    def newest_first(self) -> Self:
        """The one in force, then what held before."""
        return self.select_related("made_by").order_by("-number")


class SeverityMatrix(models.Model):
    """Which severity follows from what a rule says and how far it reaches; never changed."""

    number = models.PositiveIntegerField(unique=True)
    cells = models.JSONField()
    many_sites = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    objects = SeverityMatrixQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="severity_matrix_many_is_more_than_one", condition=Q(many_sites__gte=2)
            )
        ]

    def __str__(self) -> str:
        return f"severity matrix {self.number}"
