"""A file of devices that was taken over, so that it can be taken back."""

from typing import Self

from django.db import models
from django.db.models import Q

from bcp_portal.accounts.models import User


class DeviceImportQuerySet(models.QuerySet["DeviceImport"]):
    """Sets of imports."""

    def visible_to(self, user: User) -> Self:
        """One's own, and all of them for who sees every site."""
        return self if user.has_perm("assets.view_every_site") else self.filter(made_by=user)


class DeviceImport(models.Model):
    """What one file changed: for each device what was before (null: it is new) and after."""

    file_name = models.CharField(max_length=200)
    changes = models.JSONField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = DeviceImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="device_import_undone_by_somebody",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
