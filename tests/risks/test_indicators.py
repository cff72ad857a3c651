"""Indicators: live or typed, judged by limits, silent when old (G5)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from incidents.models import Notice
from risks.indicators.readings import READINGS
from risks.models import Indicator, IndicatorValue
from risks.services.indicator import read_indicators, record_value, retire_indicator
from tests.make import LATER, NOON, make_device, make_stream_state, make_user
from tests.make_assets import make_asset
from tests.make_register import make_acceptance, make_indicator
from tests.make_risks import make_closed_incident, make_risk

pytestmark = pytest.mark.django_db
numbers = st.floats(-1e6, 1e6)


@given(value=numbers, watch=numbers, act=numbers, higher=st.booleans())
def test_a_worse_value_is_never_judged_milder(value, watch, act, higher):
    low, high = sorted((watch, act))
    limits = (low, high) if higher else (high, low)
    one = Indicator(higher_is_worse=higher, watch_at=limits[0], act_at=limits[1])
    ranks = ["ok", "watch", "act"]
    worse = value + 1 if higher else value - 1

    assert ranks.index(one.judge(worse)) >= ranks.index(one.judge(value))


def test_a_value_nobody_has_is_unknown_and_an_old_one_says_nothing():
    indicator = make_indicator()
    assert (indicator.status, indicator.is_stale(NOON)) == ("unknown", True)

    indicator = record_value(indicator=indicator, value=3, actor=indicator.owner, at=NOON)

    assert (indicator.status, indicator.is_stale(NOON)) == ("ok", False)
    assert indicator.is_stale(NOON + timedelta(days=31))


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_can_be_taken_from_an_empty_portal(reading):
    make_indicator(reading=reading)

    read_indicators(at=NOON)

    assert Indicator.objects.get().measured_at == NOON


def test_a_live_reading_counts_incidents_of_its_asset():
    asset = make_asset()
    mine = make_indicator(reading="incidents_month", asset=asset, watch_at=1, act_at=2)
    all_ = make_indicator(reading="incidents_month", watch_at=100, act_at=200)
    make_closed_incident(asset)
    make_closed_incident(make_asset())
    make_closed_incident(asset, mode="exercise")

    read_indicators(at=LATER)

    mine.refresh_from_db()
    all_.refresh_from_db()
    assert (mine.value, mine.status) == (1, "watch")
    assert (all_.value, all_.status) == (2, "ok")


def test_queues_conflicts_and_failures_are_read_from_the_streams():
    make_stream_state(
        make_device(), rpo=None, pending_records=4, conflicts_open=3, consecutive_failures=5,
        oldest_pending_at=NOON - timedelta(hours=6),
    )  # fmt: skip
    for reading in ("oldest_queue", "conflicts_open", "streams_failing"):
        make_indicator(reading=reading)

    read_indicators(at=NOON)

    assert list(Indicator.objects.order_by("pk").values_list("value", flat=True)) == [6, 3, 1]


def test_tipping_over_tells_the_owners_once():
    risk = make_risk()
    indicator = make_indicator(risk, reading="risks_unrated", watch_at=1, act_at=1)

    read_indicators(at=NOON)
    read_indicators(at=LATER)

    assert Notice.objects.filter(person=indicator.owner).count() == 1
    assert Notice.objects.filter(person=risk.owner).count() == 1
    assert IndicatorValue.objects.count() == 1


def test_reading_twenty_indicators_takes_as_many_questions_as_reading_one():
    make_indicator(reading="sites_dark")
    read_indicators(at=NOON)
    with CaptureQueriesContext(
        connection,
    ) as one:
        read_indicators(at=LATER)
    for _each in range(20):
        make_indicator(reading="sites_dark")
    read_indicators(at=LATER)
    with CaptureQueriesContext(connection) as many:
        read_indicators(at=LATER + timedelta(minutes=1))

    assert len(many) == len(one)


def test_what_is_read_by_itself_is_not_typed():
    indicator = make_indicator(reading="sites_dark")

    with pytest.raises(BadFactsError):
        record_value(indicator=indicator, value=1, actor=indicator.owner, at=NOON)


def test_an_indicator_that_holds_an_acceptance_cannot_be_retired():
    indicator = make_indicator()
    make_acceptance(indicators=(indicator,))

    with pytest.raises(BadFactsError):
        retire_indicator(indicator=indicator, reason="Old", actor=make_user(), at=NOON)


@pytest.fixture
def page(client):
    def get(role, name, *args):
        client.force_login(make_user(role))
        return client.get(reverse(name, args=args))

    return get


def test_the_pages_show_value_status_and_movement(page):
    indicator = make_indicator(make_risk(), unit="%")
    record_value(indicator=indicator, value=12.5, actor=indicator.owner, at=NOON)

    shown = page(Role.RISK_MANAGER, "risks:indicator", indicator.code).content.decode()

    assert "12.5 %" in shown
    assert 'class="plot"' in shown
    assert page(Role.RISK_MANAGER, "risks:indicators").status_code == 200


def test_a_figure_over_all_sites_is_not_for_who_sees_some(page):
    make_indicator(reading="sites_dark", name="Secret")

    shown = page(Role.BUSINESS_OWNER, "risks:indicators")

    assert shown.status_code == 200
    assert "Secret" not in shown.content.decode()
