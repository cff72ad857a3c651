"""How an order reaches a device and how its answers climb the ladder."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from siaga_agent.orders import Trust, accept_order
from telemetry.ingest.orders import EpochHints, orders_for
from telemetry.models import DesiredState, OrderAck, Rung
from telemetry.ordering.signing import public_key, sealed_bytes
from telemetry.services.device import enrol_device
from tests.agent.make_agent import make_outbox
from tests.make import NOON, make_device, make_site
from tests.make_orders import answer, approve, current, give, lift, make_heard_site
from tests.make_telemetry import batch, heartbeat, order_status, packed, send
from tests.telemetry.ingest.test_door import ORDERS, DirectWriter, SiteDoor, ask

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_what_is_handed_out_is_sealed_with_the_key_that_devices_pin():
    site, device = make_heard_site()
    give(site)
    (envelope,) = orders_for(device.pk)["orders"]
    payload = base64.b64decode(envelope["payload"])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key()))

    key.verify(signature, sealed_bytes(payload))
    with pytest.raises(InvalidSignature):
        key.verify(signature, sealed_bytes(payload.replace(b"freeze", b"run")))
    assert json.loads(payload)["epoch"] == 1


def test_the_agent_takes_what_the_portal_sealed(tmp_path):
    site, device = make_heard_site()
    give(site)
    (envelope,) = orders_for(device.pk)["orders"]

    state = accept_order(
        make_outbox(tmp_path), envelope, trust=Trust(public_key(), site.code), at=NOON
    )

    assert state.is_verified
    assert state.order["sync"] == {"*": "freeze"}


def test_a_site_gets_the_latest_state_only_and_nothing_it_has():
    site, device = make_heard_site()
    assert orders_for(device.pk) == {"orders": [], "epoch": 0}
    order = give(site)
    approve(lift(order, site))

    assert len(orders_for(device.pk, 0)["orders"]) == 1
    assert orders_for(device.pk, 1)["epoch"] == 2
    assert orders_for(device.pk, 2) == {"orders": [], "epoch": 2}
    assert orders_for(make_device().pk) == {"orders": [], "epoch": 0}


def test_each_reply_hints_at_the_newest_order_and_the_door_hands_it_out():
    site = make_site()
    device, token = enrol_device(site=site, name="till", actor=None, at=NOON)
    give(site)
    door = SiteDoor(DirectWriter(1), shares_thread=True)

    _status, _headers, reply = ask(door, token, packed(batch(heartbeat(1), node_id=device.node_id)))
    _status, _headers, told = ask(door, token, path=ORDERS, method="GET")

    assert reply["orders_epoch"] == 1
    assert told["epoch"] == 1
    assert len(told["orders"]) == 1


def test_hints_are_read_on_without_reading_all_again(django_assert_num_queries):
    hints = EpochHints()
    sites = [make_heard_site()[0] for _number in range(3)]
    give(*sites)
    with django_assert_num_queries(1):
        hints.refresh()
    give(sites[0], streams=("prices",), at=NOON + timedelta(hours=1))
    hints.refresh()

    assert [hints.of(site.pk) for site in sites] == [2, 1, 1]
    assert hints.of(make_site().pk) == 0


def test_a_devices_answers_climb_the_ladder():
    site, device = make_heard_site()
    give(site)
    uid, told = str(current(site).uid), []

    for seq, rung in enumerate((Rung.RECEIVED, Rung.VERIFIED, Rung.APPLIED, Rung.HELD), 1):
        item = order_status(seq, at=NOON + seq * MINUTE, order_id=uid, phase=str(rung))
        send(device, item, at=NOON + seq * MINUTE)
        told.append(current(site).deliveries.get().rung)

    assert told == ["received", "verified", "applied", "held"]
    assert OrderAck.objects.count() == 4
    assert not DesiredState.objects.unapplied().exists()


def test_an_older_answer_that_comes_later_is_history():
    site, device = make_heard_site()
    give(site)

    answer(device, Rung.APPLIED, at=NOON + MINUTE)
    answer(device, Rung.RECEIVED, at=NOON)

    assert current(site).deliveries.get().rung == Rung.APPLIED
    assert OrderAck.objects.count() == 2


def test_a_device_cannot_answer_for_another_site():
    site, _device = make_heard_site()
    stranger = make_device(heard_at=NOON)
    give(site)
    item = order_status(1, order_id=str(current(site).uid), phase="applied")

    outcome = send(stranger, item)

    assert outcome.acknowledged == [(1, 1)]
    assert current(site).deliveries.get().rung == Rung.PUBLISHED


def test_an_answer_about_an_order_nobody_gave_is_stored_and_changes_nothing():
    _site, device = make_heard_site()

    assert send(device, order_status(1)).acknowledged == [(1, 1)]
    assert not OrderAck.objects.exists()


def test_reachable_and_not_obeyed_is_told_apart_from_dark():
    near, near_device = make_heard_site()
    dark = make_site()
    make_device(site=dark, heard_at=NOON - timedelta(days=2), node_state="dark")
    give(near, dark)

    assert set(DesiredState.objects.unapplied().values_list("site", flat=True)) == {
        near.pk,
        dark.pk,
    }
    assert [state.site for state in DesiredState.objects.contradicted()] == [near]

    answer(near_device, Rung.APPLIED)
    assert [state.site for state in DesiredState.objects.unapplied()] == [dark]
    answer(near_device, Rung.FAILED, at=NOON + MINUTE, detail="locked")
    assert [state.site for state in DesiredState.objects.contradicted()] == [near]
