"""Doors of the command centre and of the frame."""

from bcp_portal.shared.policy import SIGNED_IN, Rule

RULES: tuple[Rule, ...] = (
    Rule("dashboard:map", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("dashboard:site_card", "GET", "assets.view_site", scope="site", kind="site"),
    Rule("dashboard:palette", "GET", SIGNED_IN, scope="own"),
    Rule("dashboard:frame", "GET", SIGNED_IN, scope="own"),
)
