"""Somebody asks to open a sensitive incident to everybody; a second person agrees or not."""

from django.db import models
from django.db.models import Q

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident


class SensitiveLift(models.Model):
    """One request: who asked, why, and who decided."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="lifts")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    is_agreed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(decided_at=None), name="sensitive_lift_waits_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.reason}"
