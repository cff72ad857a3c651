"""Numbers of rules that are set otherwise in the demo, so that a drill fits into a visit."""

from datetime import datetime

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.demo.places import TABLET_SITE
from telemetry.models import SignalRule
from telemetry.services.rule_setting import set_rule

MISSING_AFTER_H = 0.01


def hurry_drills(sites: dict[str, Site], people: dict[str, User], *, at: datetime) -> None:
    """A tablet is missing after half a minute instead of two working hours, at any time of day."""
    set_rule(
        rule=SignalRule.DEVICE_MISSING,
        site=sites[TABLET_SITE],
        limits={"working_h": MISSING_AFTER_H, "opens": 0, "closes": 24, "workdays": 7},
        reason="The drill with the tablet must not take two hours",
        actor=people["bagus"],
        at=at,
    )
