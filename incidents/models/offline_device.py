"""A browser that holds a sealed copy: whose it is, when it was heard, whether it is lost."""

from typing import Self

from django.db import models

from bcp_portal.accounts.models import User


class OfflineDeviceQuerySet(models.QuerySet["OfflineDevice"]):
    """Sets of devices."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch devices: everybody sees their own."""
        return self.filter(user=user)


class OfflineDevice(models.Model):
    """A phone or laptop on which somebody has made the portal ready for the day without a link."""

    uid = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="offline_devices")
    label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OfflineDeviceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["uid", "user"], name="offline_device_once_a_person")
        ]

    def __str__(self) -> str:
        return self.label or str(self.uid)

    @property
    def code(self) -> str:
        """What people call it."""
        return f"OFF-{self.pk}"
