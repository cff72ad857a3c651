"""What a click on the map tells of one site."""

from dataclasses import dataclass
from datetime import datetime

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url, site_url
from bcp_portal.dashboard.looks import LOOKS, state_of
from incidents.models import ONGOING, Incident, IncidentSite


@dataclass(frozen=True)
class SiteCard:
    """One site in a few lines."""

    code: str
    name: str
    region: str
    kind: str
    provider: str
    criticality: str
    zone: str
    url: str
    state: str
    state_label: str
    tone: str
    since: datetime | None
    heard_at: datetime | None
    pending: int | None
    rpo_due_at: datetime | None
    rpo_is_known: bool
    incidents: list[tuple[str, str]]


def site_card(site: Site, user: User) -> SiteCard:
    """Gather the card of a site that came with region and state: one query."""
    row = getattr(site, "state", None)
    state = state_of(row.node_state if row else None)
    return SiteCard(
        code=site.code,
        name=site.name,
        region=site.region.name,
        kind=str(site.get_kind_display()),
        provider=site.provider,
        criticality=str(site.get_criticality_display()),
        zone=site.time_zone,
        url=site_url(site.code),
        state=state.value,
        state_label=str(state.label),
        tone=LOOKS[state].tone,
        since=row.since if row else None,
        heard_at=row.last_received_at if row else None,
        pending=row.pending_records if row else None,
        rpo_due_at=row.rpo_due_at if row else None,
        rpo_is_known=bool(row and row.rpo_is_known),
        incidents=_incidents(site, user),
    )


def _incidents(site: Site, user: User) -> list[tuple[str, str]]:
    if not user.has_perm("incidents.view_incident"):
        return []
    visible = Incident.objects.visible_to(user).filter(status__in=ONGOING)
    rows = IncidentSite.objects.filter(site=site, incident__in=visible, recovered_at=None)
    codes = rows.values_list("incident__code", flat=True).distinct()
    return [(code, incident_url(code)) for code in codes]
