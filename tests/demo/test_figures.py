"""The demo company has numbers and plans that a newcomer can look at."""

from datetime import timedelta

import pytest

from bcp_portal.accounts.roles import Role
from bcp_portal.demo.figures import ESTIMATES, INDICATORS, add_figures
from incidents.models import Notice
from risks.models import Indicator, LossEstimate, Plan
from tests.make import NOON, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_risk

pytestmark = pytest.mark.django_db


def test_the_demo_measures_estimates_and_plans_without_writing_to_anybody_today():
    people = {"maya": make_user(Role.RISK_MANAGER), "surya": make_user(Role.BUSINESS_OWNER)}
    things = {code: make_asset(code=code) for code in ("A", "B", "C")}

    add_figures([make_risk() for _one in range(6)], things, people, now=NOON)

    assert Indicator.objects.count() == len(INDICATORS)
    assert LossEstimate.objects.count() == len(ESTIMATES)
    assert Plan.objects.get().current.number == 1
    assert not Notice.objects.filter(created_at__gt=NOON - timedelta(days=1)).exists()
