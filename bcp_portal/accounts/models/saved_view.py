"""A list as somebody likes to see it: its filters, order and columns under a name."""

from typing import Self

from django.db import models
from django.db.models import Q

from bcp_portal.accounts.models.user import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Sets of saved views."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those that colleagues share."""
        return self.filter(Q(user=user) | Q(is_shared=True)).order_by("position", "name")


class SavedView(models.Model):
    """A named query string of one list."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list_name = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=1)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="saved_view_name_once_for_a_person_and_list",
                fields=["user", "list_name", "name"],
            ),
        ]

    def __str__(self) -> str:
        return self.name
