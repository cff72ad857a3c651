"""A step orders a switch by signed webhook, and shows what the other program answered (K4)."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import FailoverState
from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline, Job
from bcp_portal.shared.errors import DomainError
from incidents.channels.letter import ChannelError
from incidents.channels.webhook import sign, signing_key
from incidents.models import SwitchOrder, SwitchState, TimelineEntry
from incidents.playbooks.plan import StepPlan
from incidents.services.step_switch import switch_by_step
from incidents.services.switch_order import give_up_switch, send_switch_order
from tests.make import NOON, make_user
from tests.make_assets import make_path
from tests.make_incidents import make_incident, make_run, step_of

pytestmark = pytest.mark.django_db
SWITCH = StepPlan(text="Switch over", action={"kind": "failover"})
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


def ordered(commander, url, **fields):
    run = make_run({"A": [SWITCH]}, incident=make_incident(commander=commander, **fields))
    path = make_path(switch_address=url)
    step = step_of(run, "Switch over")
    switch_by_step(step=step, path=path, reason="Link is cut", actor=commander, at=NOON)
    return step, path


def send(at=LATER, again=False):
    order = SwitchOrder.objects.get()
    send_switch_order(subject_id=order.pk, at=at, again=again)
    order.refresh_from_db()
    return order


def told(step):
    rows = TimelineEntry.objects.filter(incident=step.phase.run.incident)
    return " | ".join(entry.text for entry in rows)


def test_an_order_is_signed_and_a_yes_moves_the_path(settings, hook_server, commander):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    step, path = ordered(commander, hook_server.url)
    path.refresh_from_db()
    assert path.state == FailoverState.READY
    assert Job.objects.filter(kind="incidents.switch_order").exists()

    order = send()

    headers, body = hook_server.got[0]
    proof = sign(body, timestamp=headers["X-Siaga-Timestamp"], key=signing_key(hook_server.url))
    assert headers["X-Siaga-Signature"] == proof
    assert headers["Idempotency-Key"] == json.loads(body)["id"] == str(order.key)
    assert json.loads(body)["path"] == path.name
    path.refresh_from_db()
    step.refresh_from_db()
    assert (order.state, path.state) == (SwitchState.TAKEN, FailoverState.ACTIVE)
    assert step.outcome["tone"] == "ok"
    # Telemetry is asked for its confirmation.
    assert Deadline.objects.waiting().filter(kind="incidents.failover_seen").exists()


def test_a_repeat_carries_the_same_key_and_an_answered_order_is_not_sent_again(
    settings, hook_server, commander
):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.answer = 503
    ordered(commander, hook_server.url)

    with pytest.raises(ChannelError, match="503"):
        send()
    hook_server.answer = 200
    send(again=True)
    send(again=True)

    first, second = (json.loads(body) for _headers, body in hook_server.got)
    assert first["id"] == second["id"]
    assert second["possibly_twice"]


def test_a_refusal_stands_on_the_step_and_moves_nothing(client, settings, hook_server, commander):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.answer = 409
    step, path = ordered(commander, hook_server.url)

    assert send().state == SwitchState.REFUSED

    path.refresh_from_db()
    assert path.state == FailoverState.READY
    assert "was refused: the webhook answered 409" in told(step)
    client.force_login(commander)
    page = client.get(
        reverse("incidents:detail", args=[step.phase.run.incident.code]), {"whole": 1}
    )
    assert page.content.decode().count("was refused: the webhook answered 409") >= 2


def test_silence_stands_on_the_step_and_the_switch_can_be_ordered_anew(commander):
    step, path = ordered(commander, "https://hook.example/x")
    with pytest.raises(DomainError):
        switch_by_step(step=step, path=path, reason="Again", actor=commander, at=NOON)

    order = SwitchOrder.objects.get()
    give_up_switch(subject_id=order.pk, error="ReadTimeout: timed out", at=LATER)

    step.refresh_from_db()
    path.refresh_from_db()
    assert "never answered: ReadTimeout" in step.outcome_words
    assert path.state == FailoverState.READY
    switch_by_step(step=step, path=path, reason="Again", actor=commander, at=LATER)
    assert SwitchOrder.objects.count() == 2


def test_an_order_to_our_own_network_is_refused(settings, hook_server, commander):
    settings.WEBHOOK_ALLOW = []
    ordered(commander, hook_server.url)

    assert "inner address" in send().answer
    assert hook_server.got == []


def test_an_exercise_orders_nothing(commander):
    step, _path = ordered(commander, "https://hook.example/x", mode="exercise")

    assert not SwitchOrder.objects.exists()
    assert "EXERCISE: would switch" in told(step)
