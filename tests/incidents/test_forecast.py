"""Clocks that look ahead: gating dependency, predicted breach, MTPD, the promised word (P7)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assets.models import RecoveryTarget
from bcp_portal.accounts.roles import Role
from incidents.selectors.incident_page import incident_page
from incidents.services.update_draft import tell_audience
from tests.make import NOON, make_user
from tests.make_assets import make_asset, make_dependency
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def with_target(asset, **spans):
    RecoveryTarget.objects.create(asset=asset, set_at=NOON, **spans)
    return asset


def test_the_slowest_dependency_decides_and_a_miss_is_said_before_it_happens():
    database = make_asset(own_restore=3 * HOUR)
    till = with_target(make_asset(own_restore=HOUR / 2), rto=2 * HOUR, mtpd=8 * HOUR)
    make_dependency(till, database)
    incident = make_incident(assets=[till])

    page = incident_page(incident, at=NOON + timedelta(minutes=10))

    (miss,) = page.coming_misses
    assert miss.clock.asset == till
    assert miss.gate == database.code
    assert miss.back_at >= incident.started_at + 3 * HOUR
    assert page.next_mtpd.mtpd_at == incident.started_at + 8 * HOUR


def test_what_nobody_knows_is_no_forecast():
    till = with_target(make_asset(own_restore=None), rto=HOUR)

    page = incident_page(make_incident(assets=[till]), at=NOON)

    assert page.forecasts[0].will_miss is None
    assert page.coming_misses == []


def test_the_head_shows_the_next_word_and_the_coming_miss(client):
    commander = make_user(Role.INCIDENT_COMMANDER)
    at = timezone.now()
    till = with_target(make_asset(own_restore=5 * HOUR), rto=2 * HOUR, mtpd=8 * HOUR)
    incident = make_incident(assets=[till], commander=commander, at=at)
    tell_audience(
        incident=incident, audience="users", text="We are at it", next_in=HOUR,
        actor=commander, at=at,
    )  # fmt: skip
    client.force_login(commander)

    page = client.get(
        reverse("incidents:detail", args=[incident.code]), {"whole": 1}
    ).content.decode()

    assert "Next update promised" in page
    assert "Intolerable (MTPD)" in page
    assert f"The RTO of {till.code} will be missed" in page
