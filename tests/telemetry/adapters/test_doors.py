"""The doors for other monitors and jobs."""

import json
from datetime import timedelta

import pytest
import time_machine

from telemetry.adapters.ping import Ping, PingKind
from telemetry.models import PingCheck, PingEvent, Signal
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.ping import create_ping_check, record_ping, retire_ping_check
from telemetry.services.webhook import create_webhook_source, revoke_webhook_source
from tests.make import NOON, make_site
from tests.telemetry.adapters.test_formats import MAPPING, alert

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def key():
    _check, key = create_ping_check(
        name="Nightly dump", period=HOUR, grace=timedelta(minutes=5), actor=None, at=NOON
    )
    return key


@pytest.fixture
def monitor():
    _source, key = create_webhook_source(
        name="Prometheus", kind=WebhookKind.ALERTMANAGER, actor=None, at=NOON
    )
    return f"/hooks/alertmanager/{key}"


def post(client, address, content):
    return client.post(address, json.dumps(content), content_type="application/json")


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_any_usual_method_pings(client, key, method):
    with time_machine.travel(NOON, tick=False):
        answer = getattr(client, method)(f"/ping/{key}")

    assert answer.status_code == 200
    assert PingCheck.objects.get().due_at == NOON + HOUR + timedelta(minutes=5)


def test_a_failure_is_due_at_once(client, key):
    with time_machine.travel(NOON, tick=False):
        client.post(f"/ping/{key}/3", "disk full", content_type="text/plain")

    assert PingCheck.objects.get().due_at == NOON
    event = PingEvent.objects.get()
    assert (event.kind, event.exit_status, event.body) == ("fail", 3, "disk full")


def test_a_job_that_began_must_end_within_its_grace(key):
    record_ping(key=key, ping=Ping(PingKind.DONE), at=NOON)

    record_ping(key=key, ping=Ping(PingKind.START), at=NOON + HOUR / 2)

    assert PingCheck.objects.get().due_at == NOON + HOUR / 2 + timedelta(minutes=5)


def test_only_the_newest_calls_are_kept(key):
    for minute in range(105):
        record_ping(key=key, ping=Ping(PingKind.DONE), at=NOON + timedelta(minutes=minute))

    assert PingEvent.objects.count() == 100


def test_a_strange_key_and_a_strange_ending_are_told_apart(client, key):
    assert client.get("/ping/nobody").status_code == 404
    assert client.get(f"/ping/{key}/perhaps").status_code == 400
    retire_ping_check(check=PingCheck.objects.get(), actor=None, at=NOON)
    assert client.get(f"/ping/{key}").status_code == 404


def test_a_firing_alert_opens_one_signal_however_often_it_comes(client, monitor):
    site = make_site(code="SBY-02")

    for _ in range(3):
        answer = post(client, monitor, {"alerts": [alert()]})

    assert answer.json() == {"firing": 1}
    signal = Signal.objects.get()
    assert (signal.site, signal.severity, signal.version) == (site, 1, 1)


def test_a_resolved_alert_closes_only_its_own_signal(client, monitor):
    group = [alert(fingerprint="a"), alert(fingerprint="b")]
    post(client, monitor, {"alerts": group})

    post(client, monitor, {"alerts": [alert(fingerprint="a", status="resolved")]})

    assert [signal.key.split(":")[1] for signal in Signal.objects.open()] == ["b"]


def test_an_alert_missing_from_a_delivery_is_not_over(client, monitor):
    post(client, monitor, {"alerts": [alert(fingerprint="a"), alert(fingerprint="b")]})

    post(client, monitor, {"alerts": [alert(fingerprint="a")]})

    assert Signal.objects.open().count() == 2


def test_the_key_of_another_kind_opens_nothing(client, monitor):
    answer = post(client, monitor.replace("alertmanager", "grafana"), {"alerts": [alert()]})

    assert answer.status_code == 404


def test_a_revoked_monitor_is_refused_and_its_signals_close(client):
    source, key = create_webhook_source(name="Old", kind=WebhookKind.GRAFANA, actor=None, at=NOON)
    post(client, f"/hooks/grafana/{key}", {"alerts": [alert()]})

    revoke_webhook_source(source=source, actor=None, at=NOON)

    assert not Signal.objects.open().exists()
    assert post(client, f"/hooks/grafana/{key}", {"alerts": [alert()]}).status_code == 404


def test_a_generic_monitor_is_read_with_its_mapping(client):
    _source, key = create_webhook_source(
        name="Own", kind=WebhookKind.GENERIC, actor=None, at=NOON, mapping=MAPPING
    )

    answer = post(client, f"/hooks/generic/{key}", {"checks": [{"id": 1, "text": "Tank low"}]})

    assert answer.status_code == 200
    assert Signal.objects.get().params["text"] == "Tank low"


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b"\xff\xfe", b'{"alerts": {}}'])
def test_a_bad_delivery_is_answered_with_a_sentence(client, monitor, body):
    answer = client.post(monitor, body, content_type="application/json")

    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]
