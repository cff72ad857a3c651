"""Doors of risks."""

from bcp_portal.shared.policy import Rule

RULES: tuple[Rule, ...] = ()
