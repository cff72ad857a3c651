"""Makers of what the command centre shows: sites with a state, incidents with clocks."""

from datetime import datetime, timedelta

from assets.models import Asset, Site
from incidents.models import Incident, IncidentAsset, IncidentStatus
from telemetry.models import NodeState, SiteState
from tests.make import NOON, make_site


def make_watched_site(state: NodeState = NodeState.ONLINE, **fields: object) -> Site:
    """A site on the map whose state is known."""
    rpo_due_at = fields.pop("rpo_due_at", None)
    site = make_site(**({"latitude": -7.2, "longitude": 112.7} | fields))
    SiteState.objects.create(
        site=site, node_state=state, since=NOON, changed_at=NOON, rpo_due_at=rpo_due_at
    )
    return site


def make_open_incident(number: int = 14, **fields: object) -> Incident:
    """An incident that somebody has taken and that nobody has ended."""
    defaults = {
        "number": number,
        "code": f"INC-{number}",
        "title": "Jawa Timur network",
        "status": IncidentStatus.RESPONDING,
        "severity": 1,
        "started_at": NOON,
        "detected_at": NOON,
        "declared_at": NOON,
    }
    return Incident.objects.create(**(defaults | fields))


def make_hit(incident: Incident, asset: Asset, *, down_at: datetime = NOON) -> IncidentAsset:
    """An asset that an incident has taken down, with an hour to come back."""
    return IncidentAsset.objects.create(
        incident=incident, asset=asset, rto=timedelta(hours=1), down_at=down_at
    )
