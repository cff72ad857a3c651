"""A photo or file that somebody kept as evidence, as it came from the device."""

from typing import Self

from django.db import models

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.operation import Operation


class EvidenceFileQuerySet(models.QuerySet["EvidenceFile"]):
    """Sets of files."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch files: with their incident."""
        return self.filter(operation__incident__in=Incident.objects.visible_to(user))


class EvidenceFile(models.Model):
    """The content behind an operation of the kind evidence; never changed, never replaced."""

    operation = models.OneToOneField(Operation, on_delete=models.PROTECT, related_name="file")
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    # Computed on the device when it was taken, and again here when it arrived.
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    received_at = models.DateTimeField()

    objects = EvidenceFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """What people call it."""
        return f"EV-{self.pk}"
