"""The sub-phases of an incident: what may be going on inside a status, as one table."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident
from incidents.models.incident_state import IncidentKind, IncidentStatus


class SubPhase(models.TextChoices):
    """Work with a beginning and an end of its own inside a status."""

    ERADICATION = "eradication", _("Eradication")


# Eradication lies within containment: it may begin while that is still being worked on.
SUB_PHASES: Mapping[SubPhase, frozenset[IncidentStatus]] = {
    SubPhase.ERADICATION: frozenset({IncidentStatus.RESPONDING, IncidentStatus.CONTAINED})
}
# Where there is something to eradicate, the page offers it by itself.
ERADICABLE = frozenset({IncidentKind.SECURITY, IncidentKind.INTEGRITY})


def may_begin(incident: Incident, part: SubPhase) -> bool:
    """Whether the table lets a sub-phase begin, or begin again, now."""
    is_running = incident.eradication_at is not None and incident.eradicated_at is None
    return not is_running and IncidentStatus(incident.status) in SUB_PHASES[part]


def may_end(incident: Incident, part: SubPhase) -> bool:
    """Whether a sub-phase is under way and its status still holds."""
    is_running = incident.eradication_at is not None and incident.eradicated_at is None
    return is_running and IncidentStatus(incident.status) in SUB_PHASES[part]
