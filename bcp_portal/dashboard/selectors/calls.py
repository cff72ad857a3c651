"""Calls that wait for an answer: who was called, when, and who is next."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url
from incidents.models import Escalation, EscalationFiring, EscalationStatus

SHOWN = 4


@dataclass(frozen=True)
class WaitingCall:
    """One escalation that nobody has answered yet."""

    key: str
    incident: str
    url: str
    reason: str
    level: int
    called: str
    called_at: datetime | None
    next_due_at: datetime | None
    is_exhausted: bool
    is_exercise: bool
    mark: str


def waiting_calls(user: User) -> list[WaitingCall]:
    """Gather the unanswered calls in two queries."""
    firings = Prefetch(
        "firings", queryset=EscalationFiring.objects.order_by("-fired_at"), to_attr="newest"
    )
    rows = (
        Escalation.objects.visible_to(user)
        .unanswered()
        .select_related("incident")
        .prefetch_related(firings)
        .order_by("incident__severity", "next_due_at")[:SHOWN]
    )
    return [_call(row) for row in rows]


def _call(row: Escalation) -> WaitingCall:
    newest: list[EscalationFiring] = getattr(row, "newest", [])
    last = newest[0] if newest else None
    names = [str(entry.get("name", "")) for entry in last.called] if last else []
    return WaitingCall(
        key=f"call-{row.pk}",
        incident=row.incident.code,
        url=incident_url(row.incident.code),
        reason=str(row.get_reason_display()),
        level=row.level,
        called=", ".join(names),
        called_at=last.fired_at if last else None,
        next_due_at=row.next_due_at,
        is_exhausted=row.status == EscalationStatus.EXHAUSTED,
        is_exercise=row.incident.is_exercise,
        mark=f"{row.status} {row.loop} {row.level}",
    )
