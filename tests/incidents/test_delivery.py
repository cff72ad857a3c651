"""Delivery: every call leaves, repeats are marked, and a failure delays only itself."""

import json

import pytest
from django.core import mail

from bcp_portal.accounts.models import ContactKind, ContactMethod
from bcp_portal.engine.models import Job
from incidents.channels import dispatch
from incidents.channels.chat import refuse_open_scheme
from incidents.channels.letter import ChannelError
from incidents.channels.webhook import refuse_inside_address, sign, signing_key
from incidents.models import Delivery, DeliveryStatus, Notice, NoticeKind, RunMode
from incidents.services.delivery import deliver, give_up
from incidents.services.escalation import acknowledge_escalation
from incidents.services.notice import queue_next_delivery, write_notice
from tests.incidents.test_escalation import called, fire_due
from tests.make import NOON, make_user
from tests.make_incidents import make_incident, make_policy

pytestmark = pytest.mark.django_db


def send(delivery, again=False):
    deliver(subject_id=delivery.pk, at=NOON, again=again)
    delivery.refresh_from_db()
    return delivery


def write(person=None, **fields):
    defaults = {"kind": NoticeKind.INFO, "message": "Hello %(name)s", "params": {"name": "Ana"}}
    return write_notice(person=person or make_user(), at=NOON, **(defaults | fields))


def add_webhook(person, address="http://hook.example/x"):
    ContactMethod.objects.create(user=person, kind=ContactKind.WEBHOOK, address=address, position=2)


def broken(_letter):
    raise ChannelError("the line is dead")


def test_a_notice_leaves_by_the_preferred_channel():
    notice = write()

    send(notice.deliveries.get())

    assert mail.outbox[0].to == [notice.person.email]
    assert mail.outbox[0].subject == "Hello Ana"


def test_a_sent_delivery_is_not_sent_again():
    delivery = write().deliveries.get()

    send(delivery)
    send(delivery, again=True)

    assert len(mail.outbox) == 1


def test_a_repeat_is_marked_and_carries_the_same_key():
    delivery = write().deliveries.get()

    send(delivery, again=True)

    assert delivery.possibly_twice
    assert mail.outbox[0].extra_headers["X-Siaga-Idempotency-Key"] == str(delivery.idempotency_key)
    assert str(delivery.idempotency_key) in mail.outbox[0].extra_headers["Message-ID"]
    assert "before" in mail.outbox[0].body


def test_a_failure_is_kept_and_tried_again(monkeypatch):
    monkeypatch.setattr(dispatch, "CHANNELS", {ContactKind.MAIL: broken})
    delivery = write().deliveries.get()

    with pytest.raises(OSError, match="dead"):
        send(delivery)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.error) == (DeliveryStatus.QUEUED, "the line is dead")


def test_when_a_channel_fails_the_next_one_is_tried():
    person = make_user()
    add_webhook(person)
    first = write(person).deliveries.get()

    give_up(subject_id=first.pk, error="dead", at=NOON)

    assert list(Delivery.objects.order_by("pk").values_list("channel", "status")) == [
        ("mail", DeliveryStatus.FAILED),
        ("webhook", DeliveryStatus.QUEUED),
    ]
    assert Job.objects.filter(kind="incidents.delivery").count() == 2


def test_when_every_channel_fails_the_next_person_is_called_at_once():
    first, second = make_user(), make_user()
    make_policy([first], [second])
    make_incident(commander=None)
    fire_due(NOON)

    give_up(subject_id=Delivery.objects.get().pk, error="dead", at=NOON)

    assert called() == [first, second]


def test_a_failure_of_one_does_not_hasten_while_another_is_on_the_way():
    first, beside, second = make_user(), make_user(), make_user()
    make_policy([first, beside], [second])
    make_incident(commander=None)
    fire_due(NOON)

    give_up(subject_id=Delivery.objects.earliest("pk").pk, error="dead", at=NOON)

    assert called() == [first, beside]


def test_a_call_that_was_answered_meanwhile_does_not_leave():
    first = make_user()
    make_policy([first])
    make_incident(commander=None)
    fire_due(NOON)
    delivery = Delivery.objects.get()
    acknowledge_escalation(escalation=Notice.objects.get().escalation, actor=first, at=NOON)

    send(delivery)

    assert (len(mail.outbox), delivery.status) == (0, DeliveryStatus.CANCELLED)


def test_a_channel_that_is_tried_after_the_answer_carries_nothing():
    first = make_user()
    add_webhook(first)
    make_policy([first])
    make_incident(commander=None)
    fire_due(NOON)
    call = Notice.objects.get()
    acknowledge_escalation(escalation=call.escalation, actor=first, at=NOON)
    late = queue_next_delivery(notice=call, at=NOON)

    assert send(late).status == DeliveryStatus.CANCELLED


def test_every_message_of_a_rehearsal_says_so_first():
    notice = write(mode=RunMode.EXERCISE)

    assert notice.text.startswith("EXERCISE. ")


def test_a_rehearsal_takes_every_way_and_leaves_by_none(hook_server):
    person = make_user(is_reachable=False)
    add_webhook(person, hook_server.url)
    by_hook = write(person, mode=RunMode.EXERCISE)
    by_mail = write(make_user(is_reachable=False), mode=RunMode.EXERCISE)

    send(by_hook.deliveries.get())
    send(by_mail.deliveries.get())

    assert (hook_server.got, mail.outbox) == ([], [])
    assert by_hook.deliveries.get().status == DeliveryStatus.SENT


def test_whoever_named_no_channel_is_reached_by_the_mail_of_the_account():
    notice = write(make_user(is_reachable=False))

    assert notice.deliveries.get().address == notice.person.email


def test_a_message_speaks_the_language_of_its_reader():
    notice = write(make_user(language="id"), requires_ack=True)

    send(notice.deliveries.get())

    assert len(mail.outbox) == 1


def test_a_webhook_to_an_inner_address_is_refused(settings):
    settings.WEBHOOK_ALLOW = []

    with pytest.raises(OSError, match="inner address"):
        refuse_inside_address("http://127.0.0.1:9/x")


def test_an_inner_address_that_the_operator_named_is_allowed(settings):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]

    refuse_inside_address("http://127.0.0.1:9/x")


def test_a_webhook_is_signed_so_that_the_other_side_can_check(settings, hook_server):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    person = make_user(is_reachable=False)
    ContactMethod.objects.create(user=person, kind=ContactKind.WEBHOOK, address=hook_server.url)
    delivery = write(person).deliveries.get()

    send(delivery)

    headers, body = hook_server.got[0]
    key = signing_key(hook_server.url)
    assert headers["X-Siaga-Signature"] == sign(
        body, timestamp=headers["X-Siaga-Timestamp"], key=key
    )
    assert headers["Idempotency-Key"] == json.loads(body)["id"] == str(delivery.idempotency_key)


def test_a_webhook_that_answers_an_error_is_not_delivered(settings, hook_server):
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    hook_server.answer = 500
    person = make_user(is_reachable=False)
    ContactMethod.objects.create(user=person, kind=ContactKind.WEBHOOK, address=hook_server.url)

    with pytest.raises(OSError, match="500"):
        send(write(person).deliveries.get())


@pytest.mark.parametrize("address", ["json://127.0.0.1/x", "syslog://", "MAILTO://a:b@c.org"])
def test_a_chat_address_that_could_reach_any_machine_is_refused(address):
    with pytest.raises(OSError, match="not allowed"):
        refuse_open_scheme(address)
