"""Makers of indicators, acceptances and everything else by which a register answers to history."""

from datetime import timedelta
from itertools import count

from bcp_portal.accounts.roles import Role
from risks.models import Acceptance, Indicator, Risk
from risks.services.acceptance import Tripwires, accept_risk
from risks.services.indicator import introduce_indicator
from tests.make import NOON, make_user
from tests.make_risks import make_risk

_serial = count(1)


def make_indicator(*risks: Risk, **facts: object) -> Indicator:
    """Typed, worse when higher: watch from 5, act from 10, too old after a month."""
    number = next(_serial)
    defaults: dict[str, object] = {
        "name": f"Indicator {number}",
        "higher_is_worse": True,
        "watch_at": 5,
        "act_at": 10,
        "stale_after": timedelta(days=30),
    }
    if "owner" not in facts:
        defaults["owner"] = make_user()
    return introduce_indicator(facts=defaults | facts, risks=risks, actor=None, at=NOON)


def make_acceptance(risk: Risk | None = None, **wires: object) -> Acceptance:
    """A high risk that a business owner lives with for a month, asked by the risk's owner."""
    risk = risk or make_risk(residual=(4, 4))
    return accept_risk(
        risk=risk,
        reason="Too dear to fix",
        expires_on=(NOON + timedelta(days=30)).date(),
        asked_by=risk.owner,
        tripwires=Tripwires(**wires),
        actor=make_user(Role.BUSINESS_OWNER, is_superuser=True),
        at=NOON,
    )
