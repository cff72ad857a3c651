"""What an incident may be and become: states, kinds, severities, and where it stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.shared.lifecycle import Lifecycle


class IncidentStatus(models.TextChoices):
    """Where an incident stands."""

    DECLARED = "declared", _("Declared")
    RESPONDING = "responding", _("Responding")
    CONTAINED = "contained", _("Contained")
    RECOVERED = "recovered", _("Recovered")
    CLOSED = "closed", _("Closed")
    FALSE_ALARM = "false_alarm", _("False alarm")
    MERGED = "merged", _("Merged")


INCIDENT_LIFECYCLE = Lifecycle(
    "incident",
    {
        IncidentStatus.DECLARED: frozenset(
            {IncidentStatus.RESPONDING, IncidentStatus.FALSE_ALARM, IncidentStatus.MERGED}
        ),
        IncidentStatus.RESPONDING: frozenset(
            {
                IncidentStatus.CONTAINED,
                IncidentStatus.RECOVERED,
                IncidentStatus.FALSE_ALARM,
                IncidentStatus.MERGED,
            }
        ),
        IncidentStatus.CONTAINED: frozenset({IncidentStatus.RESPONDING, IncidentStatus.RECOVERED}),
        IncidentStatus.RECOVERED: frozenset({IncidentStatus.RESPONDING, IncidentStatus.CLOSED}),
        IncidentStatus.CLOSED: frozenset(),
        IncidentStatus.FALSE_ALARM: frozenset(),
        IncidentStatus.MERGED: frozenset(),
    },
)

# While an incident is in one of these, the outage goes on and further signals join it.
ONGOING = (IncidentStatus.DECLARED, IncidentStatus.RESPONDING, IncidentStatus.CONTAINED)


class IncidentKind(models.TextChoices):
    """What kind of disruption it is."""

    LOCAL = "local", _("One site")
    NETWORK = "network", _("Network")
    CENTRAL = "central", _("Central server")
    PORTAL = "portal", _("The portal itself")
    INTEGRITY = "integrity", _("Data integrity")
    SECURITY = "security", _("Security")
    THIRD_PARTY = "third_party", _("Third party")
    OTHER = "other", _("Other")


class Severity(models.IntegerChoices):
    """How bad it is: 1 is the worst."""

    CRITICAL = 1, _("Critical")
    HIGH = 2, _("High")
    MODERATE = 3, _("Moderate")
    LOW = 4, _("Low")


class RunMode(models.TextChoices):
    """Whether this is real."""

    LIVE = "live", _("Live")
    EXERCISE = "exercise", _("Exercise")


class FlowPlace(models.TextChoices):
    """Where an incident stands on the way from the first sign to the recovery."""

    DETECTION = "detection", _("Detection")
    ESCALATION = "escalation", _("Escalation")
    COMMUNICATION = "communication", _("Communication")
    RECOVERY = "recovery", _("Recovery")
