"""Deliveries of other monitors come twice, late, the wrong way round, or never."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bcp_portal.live.models import LiveEvent
from incidents.models import Alert
from incidents.services.triage import sweep_signals
from telemetry.models import Signal, WebhookSource
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.webhook import create_webhook_source, end_stale_signals
from tests.make import NOON, make_site

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def monitor():
    _source, key = create_webhook_source(
        name="Prometheus", kind=WebhookKind.ALERTMANAGER, actor=None, at=NOON
    )
    return f"/hooks/alertmanager/{key}"


@pytest.fixture
def tell(client, monitor):
    def post(*alerts, at=NOON):
        with time_machine.travel(at, tick=False):
            body = json.dumps({"alerts": list(alerts)})
            answer = client.post(monitor, body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()["firing"]

    return post


def said(name="a", *, began=NOON, over=None, **labels):
    return {
        "status": "resolved" if over else "firing",
        "fingerprint": name,
        "labels": {"alertname": name, "severity": "warning"} | labels,
        "startsAt": began.isoformat(),
        "endsAt": (over.isoformat() if over else "0001-01-01T00:00:00Z"),
    }


def test_a_firing_that_comes_after_its_end_opens_nothing(tell):
    tell(said())
    tell(said(over=NOON + MINUTE), at=NOON + MINUTE)

    tell(said(), at=NOON + 2 * MINUTE)

    assert not Signal.objects.open().exists()


def test_an_end_that_overtakes_its_beginning_wins(tell):
    tell(said(over=NOON + MINUTE), at=NOON + MINUTE)

    tell(said(), at=NOON + 2 * MINUTE)
    sweep_signals(at=NOON + 2 * MINUTE)

    assert not Signal.objects.open().exists()
    assert not Alert.objects.exists()


def test_the_same_condition_fires_again_after_its_end(tell):
    tell(said())
    tell(said(over=NOON + MINUTE), at=NOON + MINUTE)

    tell(said(began=NOON + 2 * MINUTE), at=NOON + 2 * MINUTE)

    assert Signal.objects.open().get().began_at == NOON + 2 * MINUTE


def test_an_old_end_does_not_close_what_began_later(tell):
    tell(said(began=NOON + 5 * MINUTE), at=NOON + 5 * MINUTE)

    tell(said(over=NOON + MINUTE), at=NOON + 6 * MINUTE)

    assert Signal.objects.open().count() == 1


def test_a_monitor_whose_clock_is_ahead_is_heard_again_after_an_end(tell):
    ahead = 10 * MINUTE
    tell(said(began=NOON + ahead))
    tell(said(began=NOON + ahead, over=NOON + MINUTE + ahead), at=NOON + MINUTE)

    tell(said(began=NOON + 2 * MINUTE + ahead), at=NOON + 2 * MINUTE)

    assert Signal.objects.open().count() == 1


def test_the_same_delivery_ten_times_is_one_signal_and_one_look(tell):
    for n in range(10):
        tell(said(), said("b"), said(), at=NOON + n * MINUTE)

    assert sorted(Signal.objects.values_list("key", "version")) == [
        (f"{WebhookSource.objects.get().pk}:{name}", 1) for name in ("a", "b")
    ]


def test_new_words_about_the_same_condition_are_looked_at_again(tell):
    tell(said())
    tell(said() | {"annotations": {"summary": "worse"}}, at=NOON + MINUTE)

    signal = Signal.objects.get()
    assert (signal.version, signal.params["text"]) == (2, "worse")


def test_what_is_not_told_again_for_half_a_day_is_over_and_says_so(tell):
    tell(said(), said("b"))
    sweep_signals(at=NOON)
    tell(said("b"), at=NOON + 11 * HOUR)

    end_stale_signals(at=NOON + 13 * HOUR)
    sweep_signals(at=NOON + 13 * HOUR)

    still = Signal.objects.open().get()
    assert still.key.endswith(":b")
    over = Alert.objects.exclude(resolved_at=None).get()
    assert over.resolution == "Not told again by the other monitor"


def test_what_went_stale_and_is_told_again_holds_again(tell):
    tell(said())
    end_stale_signals(at=NOON + 13 * HOUR)

    tell(said(), at=NOON + 14 * HOUR)

    assert Signal.objects.open().count() == 1


def test_a_monitor_that_never_repeats_is_waited_for(tell):
    WebhookSource.objects.update(stale_after=None)
    tell(said())

    end_stale_signals(at=NOON + 1000 * HOUR)

    assert Signal.objects.open().count() == 1


def test_a_large_delivery_costs_no_more_statements_than_a_small_one(tell):
    sites = [make_site().code for _n in range(3)]
    with CaptureQueriesContext(connection) as few:
        tell(*(said(f"few{n}", site=sites[n]) for n in range(3)))
    with CaptureQueriesContext(connection) as many:
        tell(*(said(f"many{n}", site=sites[n % 3]) for n in range(300)))

    # SQLite takes a thousand values in one statement.
    assert len(many) <= len(few) + 10
    assert LiveEvent.objects.filter(topic="signals").count() == 6
