"""Read models of the command centre: one for each panel, each with a fixed number of queries."""

from bcp_portal.dashboard.selectors.alerts import AlertStream, alert_stream
from bcp_portal.dashboard.selectors.calls import WaitingCall, waiting_calls
from bcp_portal.dashboard.selectors.clocks import RpoClocks, rpo_clocks
from bcp_portal.dashboard.selectors.duties import DutyClock, duty_clocks
from bcp_portal.dashboard.selectors.first_steps import FirstStep, first_steps
from bcp_portal.dashboard.selectors.fleet import Fleet, FleetStrip, fleet, fleet_strip
from bcp_portal.dashboard.selectors.flow import FlowStage, Token, incident_flow
from bcp_portal.dashboard.selectors.map import map_payload
from bcp_portal.dashboard.selectors.services import ServiceLine, service_lines
from bcp_portal.dashboard.selectors.site_card import SiteCard, site_card
from telemetry.ordering.board import unapplied_panel

__all__ = [
    "AlertStream",
    "DutyClock",
    "FirstStep",
    "Fleet",
    "FleetStrip",
    "FlowStage",
    "RpoClocks",
    "ServiceLine",
    "SiteCard",
    "Token",
    "WaitingCall",
    "alert_stream",
    "duty_clocks",
    "first_steps",
    "fleet",
    "fleet_strip",
    "incident_flow",
    "map_payload",
    "rpo_clocks",
    "service_lines",
    "site_card",
    "unapplied_panel",
    "waiting_calls",
]
