"""The map as data: sites, regions in trouble, failover paths; small enough to ask for often."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.models import FailoverPath, Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.looks import LOOKS, state_of
from incidents.models import ONGOING, Incident, IncidentSite
from telemetry.models import Signal, SignalRule

FIELDS = (
    "pk",
    "code",
    "name",
    "longitude",
    "latitude",
    "criticality",
    "kind",
    "region__name",
    "state__node_state",
    "state__pending_records",
)


def map_payload(user: User, *, at: datetime, since: datetime | None = None) -> dict[str, Any]:
    """Everything the map draws, or with `since` only the sites that changed: four queries."""
    sites = Site.objects.visible_to(user).open().exclude(longitude=None)
    if since is not None:
        sites = sites.filter(state__changed_at__gte=since)
    return {
        "at": at.isoformat(),
        "full": since is None,
        "sites": [_site(row) for row in sites.order_by("pk").values_list(*FIELDS)],
        "paths": _paths(user),
        "verdicts": _verdicts(user),
        "incidents": _incidents(user),
        "looks": {
            state.value: [look.tone, look.shape, look.letter, look.is_hatched, str(state.label)]
            for state, look in LOOKS.items()
        },
        "words": {"silent": _("%(silent)s of %(total)s silent"), "lag": _("failover")},
    }


def _site(row: tuple[Any, ...]) -> list[Any]:
    pk, code, name, longitude, latitude, criticality, kind, region, state, pending = row
    return [
        pk,
        code,
        name,
        round(longitude, 4),
        round(latitude, 4),
        criticality,
        kind,
        region,
        state_of(state).value,
        pending or 0,
    ]


def _paths(user: User) -> list[dict[str, Any]]:
    if not user.has_perm("assets.view_failoverpath"):
        return []
    rows = FailoverPath.objects.visible_to(user).for_list().order_by("pk")[:200]
    return [
        {
            "name": path.name,
            "state": path.state,
            "label": f"{path.name} · {path.get_state_display()}",
            "from": [path.source.longitude, path.source.latitude],
            "to": [path.target.longitude, path.target.latitude],
        }
        for path in rows
        if path.source.longitude is not None and path.target.longitude is not None
    ]


def _verdicts(user: User) -> dict[str, str]:
    """What we believe happened to a whole region, by its name."""
    rows = (
        Signal.objects.visible_to(user)
        .open()
        .filter(rule=SignalRule.NETWORK_OUTAGE, region__isnull=False, is_exercise=False)
        .select_related("region")
    )
    return {
        signal.region.name: str(SignalRule.NETWORK_OUTAGE.label)
        for signal in rows
        if signal.region is not None
    }


def _incidents(user: User) -> dict[str, str]:
    """Which site is hit by which incident: what a click on the map leads to."""
    if not user.has_perm("incidents.view_incident"):
        return {}
    visible = Incident.objects.visible_to(user).filter(status__in=ONGOING)
    rows = IncidentSite.objects.filter(incident__in=visible, recovered_at=None)
    return {str(site): code for site, code in rows.values_list("site", "incident__code")}
