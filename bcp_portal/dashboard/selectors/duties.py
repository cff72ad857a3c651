"""Whom we may not keep waiting: the clocks of duties to tell, the next one first."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url
from incidents.models import ReportingClock

SHOWN = 4


@dataclass(frozen=True)
class DutyClock:
    """Somebody who must hear until a moment."""

    key: str
    incident: str
    url: str
    recipient: str
    name: str
    due_at: datetime
    used_s: float
    whole_s: float
    tone: str
    mark: str


def duty_clocks(user: User, *, at: datetime) -> list[DutyClock]:
    """Gather the next ones in one query."""
    rows = ReportingClock.objects.visible_to(user).running().filter(incident__mode="live")
    return [_line(row, at=at) for row in rows.select_related("incident").order_by("due_at")[:SHOWN]]


def _line(row: ReportingClock, *, at: datetime) -> DutyClock:
    whole = (row.due_at - row.aware_at).total_seconds()
    used = (at - row.aware_at).total_seconds()
    late = "act" if used >= whole else "watch" if used >= whole * 0.75 else "info"
    return DutyClock(
        key=f"duty-{row.pk}",
        incident=row.incident.code,
        url=incident_url(row.incident.code),
        recipient=row.recipient,
        name=row.name,
        due_at=row.due_at,
        used_s=max(0.0, used),
        whole_s=whole,
        tone=late,
        mark=f"{row.due_at:%d%H%M%S}",
    )
