"""All functions take part: a promise names who answers in the business and in technology."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import Playbook
from tests.make import make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_version
from tests.make_risks import make_risk

pytestmark = pytest.mark.django_db


def test_risks_objectives_and_playbooks_name_both_owners(client):
    business = make_user(first_name="Wulan", last_name="Bisnis")
    technical = make_user(first_name="Teguh", last_name="Teknik")
    asset = make_asset(business_owner=business, technical_owner=technical)
    risk = make_risk(owner=technical, business_owner=business)
    playbook = make_version().playbook
    Playbook.objects.filter(pk=playbook.pk).update(
        business_owner=business, technical_owner=technical
    )
    client.force_login(make_user(Role.INCIDENT_COMMANDER, Role.RISK_MANAGER))

    for address in (
        reverse("assets:detail", args=[asset.code]),
        reverse("risks:detail", args=[risk.code]),
        reverse("incidents:playbooks"),
    ):
        page = client.get(address).text
        assert "Wulan Bisnis" in page, address
        assert "Teguh Teknik" in page, address
