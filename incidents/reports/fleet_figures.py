"""The fleet during an incident as pictures: state by state, and what waited to be synchronised."""

from collections.abc import Iterator

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.reports.charts import Lane, Point, Span, swim_lanes
from bcp_portal.reports.line_chart import line_chart
from incidents.models import Incident
from incidents.selectors.fleet import FleetDuring
from telemetry.models import NodeState

_TONES = {
    NodeState.ONLINE: "ok",
    NodeState.CONNECTED: "ok",
    NodeState.SUSPECT: "watch",
    NodeState.OFFLINE: "act",
    NodeState.DARK: "act",
    NodeState.STALE: "act",
    NodeState.FROZEN: "watch",
    NodeState.OFFLINE_ORDERED: "info",
    NodeState.PLANNED_OFFLINE: "calm",
    NodeState.MAINTENANCE: "calm",
}


def draw_states(fleet: FleetDuring, incident: Incident) -> SafeString:
    """Draw each site's states, with the beginning and the end of the incident."""
    lanes = list(_lanes(fleet))
    return swim_lanes(
        lanes, start=fleet.begins_at, end=fleet.ends_at, marks=_marks(fleet, incident)
    )


def draw_waiting(fleet: FleetDuring, incident: Incident) -> SafeString:
    """Draw how many records waited at these sites; where nobody spoke the line is open."""
    return line_chart(
        fleet.waiting,
        start=fleet.begins_at,
        end=fleet.ends_at,
        label=_("Records waiting"),
        marks=_marks(fleet, incident),
        tone="watch",
    )


def _lanes(fleet: FleetDuring) -> Iterator[Lane]:
    for site in fleet.sites:
        spans = [
            Span(
                str(one.get_state_display()),
                max(one.began_at, fleet.begins_at),
                min(one.ended_at or fleet.ends_at, fleet.ends_at),
                _TONES.get(NodeState(one.state), "unknown"),
            )
            for one in fleet.spans.get(site.pk, [])
        ]
        label = site.code if spans else _("%(code)s: not watched") % {"code": site.code}
        yield Lane(label, spans=spans)
    if fleet.hidden_sites:
        words = ngettext("and %(n)d more site", "and %(n)d more sites", fleet.hidden_sites)
        yield Lane(words % {"n": fleet.hidden_sites})


def _marks(fleet: FleetDuring, incident: Incident) -> list[Point]:
    marks = [Point(_("began"), incident.started_at, "act")]
    if incident.recovered_at is not None and incident.recovered_at <= fleet.ends_at:
        marks.append(Point(_("recovered"), incident.recovered_at, "ok"))
    return marks
