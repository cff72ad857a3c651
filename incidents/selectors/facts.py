"""The facts of an incident that steps of a plan may depend on."""

from datetime import datetime
from typing import Any

from incidents.models import Incident
from incidents.selectors.clocks import rpo_exposure


def incident_facts(incident: Incident, *, at: datetime) -> dict[str, Any]:
    """What is known now, by the names that conditions use; None is unknown."""
    exposure = rpo_exposure(incident, at=at)
    is_known = bool(exposure.streams) and not exposure.unknown_count
    return {
        "severity": incident.severity,
        "kind": incident.kind,
        "sites": incident.sites.count(),
        "pending_records": exposure.pending_records if is_known else None,
        "exercise": "yes" if incident.is_exercise else "no",
    }
