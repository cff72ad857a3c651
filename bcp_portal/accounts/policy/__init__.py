"""The one policy table: every door, the permission that opens it, and what lies behind."""

from bcp_portal.accounts.policy import (
    assets,
    dashboard,
    demo,
    incident_pages,
    incidents,
    platform,
    risks,
    telemetry,
)
from bcp_portal.shared.policy import PolicyTable

POLICY = PolicyTable(
    (
        *platform.RULES,
        *dashboard.RULES,
        *assets.RULES,
        *telemetry.RULES,
        *incidents.RULES,
        *incident_pages.RULES,
        *risks.RULES,
        *demo.RULES,
    )
)
