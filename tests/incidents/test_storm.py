"""An alert storm is one incident: people are called for it, and no alert is lost in it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.services.firing import Batch, fire_batch
from incidents.models import Alert, Incident, IncidentStatus, Notice, NoticeKind
from incidents.selectors.incident_page import incident_page
from incidents.services.triage import sweep_signals
from telemetry.models import Signal
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.webhook import create_webhook_source, receive_delivery
from tests.make import NOON, make_user
from tests.make_incidents import make_policy

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
STORM = 2000


@pytest.fixture
def key():
    _source, key = create_webhook_source(
        name="Prometheus", kind=WebhookKind.ALERTMANAGER, actor=None, at=NOON
    )
    return key


def deliver(key, numbers, *, name="LinkDown", severity="critical", at=NOON):
    alerts = [
        {
            "status": "firing",
            "fingerprint": f"{name}-{n}",
            "labels": {"alertname": name, "severity": severity, "n": str(n)},
            "startsAt": at.isoformat(),
        }
        for n in numbers
    ]
    receive_delivery(key=key, kind=WebhookKind.ALERTMANAGER, content={"alerts": alerts}, at=at)


def sweep_all(at):
    """The engine's own sweep, second after second, until nothing is left."""
    for second in range(300):
        if not Signal.objects.unswept().exists():
            return at + second * SECOND
        sweep_signals(at=at + second * SECOND)
    raise AssertionError("the sweep never ends")


def calls(at=NOON):
    """Fire what is due within a quarter of an hour; how often each person was called."""
    for minute in range(16):
        fire_batch(at=at + timedelta(minutes=minute), batch=Batch())
    return Counter(Notice.objects.filter(kind=NoticeKind.CALL).values_list("person", flat=True))


def test_two_thousand_alerts_are_one_incident_and_none_is_missing_in_its_summary(client, key):
    boss = make_user(Role.INCIDENT_COMMANDER)
    make_policy([boss], [make_user()])
    deliver(key, range(30), name="Slow", severity="warning")
    for start in range(30, STORM - 170, 450):
        deliver(key, range(start, start + 450), name=f"LinkDown{start}")
    deliver(key, range(170), name="Late", severity="warning")
    deliver(key, range(170), name="Late", severity="warning")

    sweep_all(NOON)

    incident = Incident.objects.ongoing().get()
    assert Alert.objects.filter(incident=incident).count() == STORM
    assert set(calls().values()) <= {1, 2, 3}
    groups = incident_page(incident, at=NOON).alert_groups
    assert sum(group.count for group in groups) == STORM
    assert {group.label: group.still for group in groups}["LinkDown30"] == 450
    assert incident.timeline.count() < STORM / 4
    client.force_login(boss)
    page = client.get(
        reverse("incidents:detail", args=[incident.code]), {"whole": 1}
    ).content.decode()
    assert "2000 alerts in all" in page or "2,000 alerts in all" in page


def test_small_incidents_that_came_just_before_become_part_of_the_storm(key):
    boss = make_user(Role.INCIDENT_COMMANDER)
    make_policy([boss])
    deliver(key, range(2))
    sweep_signals(at=NOON)
    assert Incident.objects.ongoing().count() == 2

    deliver(key, range(2, 60), at=NOON + SECOND)
    sweep_all(NOON + SECOND)

    storm = Incident.objects.ongoing().get()
    assert Incident.objects.filter(status=IncidentStatus.MERGED, merged_into=storm).count() == 2
    assert storm.alerts.count() == 60
    assert max(calls().values()) <= 3


def test_a_few_alerts_are_no_storm(key):
    make_policy([make_user()])
    deliver(key, range(5))

    sweep_all(NOON)

    assert Incident.objects.ongoing().count() == 5


def test_after_the_storm_an_alert_speaks_for_itself_again(key):
    make_policy([make_user()])
    deliver(key, range(40))
    sweep_all(NOON)

    later = NOON + timedelta(minutes=30)
    deliver(key, [99], name="DiskFull", at=later)
    sweep_all(later)

    assert Incident.objects.ongoing().count() == 2


def test_a_storm_is_as_grave_as_the_gravest_alert_in_it(key):
    make_policy([make_user()])
    deliver(key, range(30), severity="error")
    sweep_all(NOON)
    was = Incident.objects.ongoing().get().severity

    deliver(key, [77], name="Fire", severity="critical", at=NOON + SECOND)
    sweep_all(NOON + SECOND)

    assert (was, Incident.objects.ongoing().get().severity) == (2, 1)
