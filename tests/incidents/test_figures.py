"""The figures over many incidents, warnings before an RTO runs out, and merging by hand."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from incidents.models import IncidentStatus
from incidents.selectors.analytics import analytics
from incidents.services.guard import rto_warning
from incidents.services.incident import (
    acknowledge_incident,
    contain_incident,
    recover_incident,
    start_response,
)
from tests.engine_calls import fire_calls
from tests.make import make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident, make_policy

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def finished(boss, site, *, took, at):
    incident = make_incident(
        commander=None, sites=[site], started_at=at - 4 * MINUTE, detected_at=at, at=at
    )
    acknowledge_incident(incident=incident, actor=boss, at=at + 3 * MINUTE)
    start_response(incident=incident, actor=boss, at=at + 3 * MINUTE)
    contain_incident(incident=incident, actor=boss, at=at + 6 * MINUTE)
    return recover_incident(incident=incident, actor=boss, at=at - 4 * MINUTE + took)


def test_the_figures_are_medians_of_what_was_measured(boss):
    now = timezone.now()
    site = make_site(code="SBY-02")
    for took in (20, 30, 100):
        finished(boss, site, took=took * MINUTE, at=now - timedelta(hours=5))
    make_incident(commander=boss, mode="exercise", at=now)

    page = analytics(boss, at=now)

    assert page.total.incidents == 3
    assert page.total.detect == 4 * MINUTE
    assert page.total.acknowledge == 3 * MINUTE
    assert page.total.contain == 10 * MINUTE
    assert page.total.recover == 30 * MINUTE
    assert [row.label for row in page.groups[1].rows] == ["SBY-02"]


def test_the_page_and_its_csv_show_them(client, boss):
    finished(boss, make_site(code="SBY-02"), took=30 * MINUTE, at=timezone.now())

    assert "SBY-02" in client.get(reverse("incidents:figures")).content.decode()
    csv = client.get(reverse("incidents:figures_csv")).content.decode()
    assert "1800" in csv


def test_an_empty_year_is_unknown_not_zero(client, boss):
    html = client.get(reverse("incidents:figures")).content.decode()

    assert "unknown" in html


def test_two_incidents_are_merged_by_hand(client, boss):
    small, large = make_incident(commander=boss), make_incident(commander=boss)

    client.post(
        reverse("incidents:merge_into", args=[small.code]),
        {"into": large.code, "reason": "the same cable"},
    )

    small.refresh_from_db()
    assert small.status == IncidentStatus.MERGED
    assert small.merged_into == large


def test_past_incidents_of_the_same_kind_and_site_are_named(client, boss):
    site = make_site(code="SBY-02")
    old = finished(boss, site, took=30 * MINUTE, at=timezone.now() - timedelta(days=30))
    new = make_incident(commander=boss, sites=[site])

    html = client.get(reverse("incidents:similar", args=[new.code])).content.decode()

    assert old.code in html


def test_an_rto_warns_at_half_three_quarters_and_nine_tenths(boss):
    asset = make_asset(rto=timedelta(minutes=100))
    incident = make_incident(commander=boss, assets=[asset])
    warnings = Deadline.objects.filter(kind="incidents.rto_warning").order_by("step")

    assert [(d.step, d.due_at - incident.started_at) for d in warnings] == [
        (50, 50 * MINUTE), (75, 75 * MINUTE), (90, 90 * MINUTE)
    ]  # fmt: skip
    rto_warning(deadline=warnings[2], at=warnings[2].due_at)
    assert incident.timeline.filter(message__contains="of the RTO").exists()


def test_the_load_of_calls_is_shown_by_person_and_cause_and_taken_along(client, boss):
    called = make_user(first_name="Tari")
    make_policy([called])
    make_incident(commander=None, kind="network", at=timezone.now())
    fire_calls(timezone.now())

    (load,) = [one for one in analytics(boss, at=timezone.now()).people if one.name == called.name]
    sheet = client.get(reverse("incidents:figures_xlsx"))

    assert (load.calls, load.answered, load.causes) == (1, 0, [("Network", 1)])
    assert called.name in client.get(reverse("incidents:figures")).content.decode()
    cells = list(load_workbook(BytesIO(sheet.content)).active.values)
    assert any(row[1] == called.name and row[7] == 1 for row in cells)
