"""Doors of incidents."""

from bcp_portal.shared.policy import Rule

RULES: tuple[Rule, ...] = ()
