"""What was known at a moment, frozen as plain data beside a decision."""

from datetime import datetime
from typing import Any

from incidents.models import Incident, PlaybookRun, RunStep
from incidents.selectors.clocks import incident_clock, rpo_exposure


def incident_picture(incident: Incident, *, at: datetime) -> dict[str, Any]:
    """Severity, extent, clocks and exposure as they looked at that moment."""
    clock = incident_clock(incident, at=at)
    exposure = rpo_exposure(incident, at=at)
    urgent = clock.most_urgent
    running = PlaybookRun.objects.filter(incident=incident, finished_at=None)
    return {
        "at": at.isoformat(),
        "status": incident.status,
        "severity": incident.severity,
        "kind": incident.kind,
        "lasted_s": clock.lasted.total_seconds(),
        "verdict": incident.verdict,
        "sites": [
            {
                "code": link.site.code,
                "contained": link.contained_at is not None,
                "recovered": link.recovered_at is not None,
            }
            for link in incident.sites.select_related("site").order_by("site__code")
        ],
        "most_urgent": None
        if urgent is None or urgent.deadline is None
        else {"asset": urgent.asset.code, "deadline": urgent.deadline.isoformat()},
        "assets": [
            {
                "code": item.asset.code,
                "level": item.level,
                "left_s": item.left.total_seconds() if item.left is not None else None,
            }
            for item in clock.clocks
        ],
        "rpo": {
            "pending_records": exposure.pending_records,
            "pending_bytes": exposure.pending_bytes,
            "values": exposure.values,
            "oldest_pending_at": exposure.oldest_pending_at.isoformat()
            if exposure.oldest_pending_at
            else None,
            "minutes_left": exposure.minutes_left,
            "unknown": exposure.unknown_count,
        },
        "open_steps": RunStep.objects.pending().filter(phase__run__in=running).count(),
    }
