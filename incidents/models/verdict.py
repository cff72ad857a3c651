"""What we believed an incident to be, and when we changed our mind."""

from django.db import models

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident
from incidents.models.incident_state import IncidentKind


class VerdictChange(models.Model):
    """What we believed about the cause, from when, and why; the first verdict is never deleted."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="verdicts")
    kind = models.CharField(max_length=20, choices=IncidentKind.choices)
    verdict = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=500)
    actor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.kind}"
