"""Doors of the demo: whoever may lead an incident may also cause one."""

from bcp_portal.shared.policy import Rule

RULES: tuple[Rule, ...] = (
    Rule("demo:drills", "GET POST", "incidents.run_incident", scope="all", kind="drill"),
)
