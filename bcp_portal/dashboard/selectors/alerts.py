"""The stream of alerts, one line for each outage rather than for each alert."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url, link
from incidents.models import Alert, AlertStatus

READ = 80
SHOWN = 7


@dataclass(frozen=True)
class AlertLine:
    """An alert, with those of the same incident folded into it."""

    key: str
    text: str
    url: str
    severity: int
    rule: str
    at: datetime
    incident: str
    incident_url: str
    folded: int
    is_waiting: bool
    is_exercise: bool
    mark: str


@dataclass(frozen=True)
class AlertStream:
    """The newest lines, and how many alerts are unresolved in all."""

    lines: list[AlertLine]
    groups: int
    total: int


def alert_stream(user: User) -> AlertStream:
    """Gather the stream in two queries."""
    unresolved = Alert.objects.visible_to(user).unresolved()
    rows = unresolved.select_related("incident").order_by("-last_signal_at")[:READ]
    groups: dict[str, list[Alert]] = {}
    for alert in rows:
        key = f"i{alert.incident_id}" if alert.incident_id else f"a{alert.pk}"
        groups.setdefault(key, []).append(alert)
    lines = [_line(key, alerts) for key, alerts in list(groups.items())[:SHOWN]]
    return AlertStream(lines=lines, groups=len(groups), total=unresolved.count())


def _line(key: str, alerts: list[Alert]) -> AlertLine:
    # The gravest speaks for the group; of equals the newest.
    first = min(alerts, key=lambda alert: (alert.severity, -alert.last_signal_at.timestamp()))
    code = first.incident.code if first.incident else ""
    return AlertLine(
        key=f"alert-{key}",
        text=first.text,
        url=link("incidents:alert", first.pk),
        severity=first.severity,
        rule=first.rule,
        at=max(alert.last_signal_at for alert in alerts),
        incident=code,
        incident_url=incident_url(code) if code else "",
        folded=len(alerts) - 1,
        is_waiting=any(alert.status == AlertStatus.OPEN for alert in alerts),
        is_exercise=first.mode == "exercise",
        mark=f"{first.pk} {first.status} {len(alerts)}",
    )
