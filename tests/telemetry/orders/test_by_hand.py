"""Orders for a site without a network: what the portal shows, the agent takes, and back."""

import pytest
from django.urls import reverse

from bcp_portal.audit.models import AuditRow
from siaga_agent.by_hand import answer_words, read_order
from siaga_agent.clock import iso
from siaga_agent.config import AgentConfig
from siaga_agent.obey import Obedience
from siaga_agent.orders import OrderRejectedError, Trust, accept_order, present_orders
from siaga_agent.spoken import UnreadableError
from siaga_agent.watch import AdapterWatch
from telemetry.ingest.orders import orders_for
from telemetry.models import OrderAck, OrderAction, Rung
from telemetry.ordering.signing import public_key
from telemetry.ordering.spoken import order_words, qr_text, read_status, voice_key
from tests.agent.make_agent import SetClock, make_outbox
from tests.agent.make_orders import Engine
from tests.make import NOON, make_device
from tests.make_orders import approve, current, give, lift, make_heard_site
from tests.telemetry.orders.test_order_pages import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    site, device = make_heard_site()
    give(site)
    return site, device


def config_of(device):
    return AgentConfig(
        portal="http://127.0.0.1:1",
        node_id=str(device.node_id),
        site=device.site.code,
        orders_key=public_key(),
        voice_key=voice_key(device),
    )


def test_eight_words_carry_an_order_and_four_carry_the_answer(place, tmp_path):
    site, device = place
    outbox, config, engine = make_outbox(tmp_path), config_of(device), Engine()
    clock = SetClock(NOON)
    watch = AdapterWatch(engine, outbox, clock=clock)
    watch.look()
    agent = Obedience(outbox, [watch], clock=clock)  # runs already when somebody reads the words
    words = order_words(current(site), device)
    assert len(words.split()) == 8

    read_order(outbox, config, words.upper(), at=NOON)
    agent.step()
    agent.step()

    assert engine.frozen == {"sales"}
    assert present_orders(outbox).order["order_id"] == str(current(site).uid)
    answer = answer_words(outbox, config)
    assert len(answer.split()) == 4
    assert read_status(answer, current(site), device) == Rung.HELD


@pytest.mark.parametrize("wrong", ["one", "bako", "{other}", "{swapped}", "{old}"])
def test_words_that_are_wrong_old_or_for_another_are_refused(place, tmp_path, wrong):
    site, device = place
    other = make_device(site=site, heard_at=NOON)
    old = order_words(current(site), device)
    approve(lift(current(site).order, site))
    words = order_words(current(site), device).split()
    swapped = " ".join([words[1], words[0], *words[2:]])
    outbox, config = make_outbox(tmp_path), config_of(device)
    read_order(outbox, config, " ".join(words), at=NOON)
    said = wrong.format(other=order_words(current(site), other), swapped=swapped, old=old)

    with pytest.raises((UnreadableError, OrderRejectedError)):
        read_order(outbox, config, said, at=NOON)

    assert present_orders(outbox).epoch == 2


def test_words_about_one_stream_stop_all_until_the_full_order_comes_by_wire(tmp_path):
    site, device = make_heard_site()
    give(site, streams=("prices",))
    outbox, config = make_outbox(tmp_path), config_of(device)
    read_order(outbox, config, order_words(current(site), device), at=NOON)
    assert present_orders(outbox).order["sync"] == {"*": "freeze"}

    (envelope,) = orders_for(device.pk, 0)["orders"]
    accept_order(outbox, envelope, trust=Trust(public_key(), site.code), at=NOON)

    assert present_orders(outbox).order["sync"] == {"*": "run", "prices": "freeze"}


def test_a_scanned_code_is_the_sealed_order_itself(place, tmp_path):
    site, device = place
    outbox, config = make_outbox(tmp_path), config_of(device)
    text = qr_text(current(site))

    with pytest.raises((UnreadableError, OrderRejectedError)):
        read_order(outbox, config, text[:-8] + "AAAAAAAA", at=NOON)
    with pytest.raises(UnreadableError):
        read_order(outbox, config, "SIAGA1:nothing", at=NOON)
    state = read_order(outbox, config, text + "\n", at=NOON)

    assert state.is_verified
    assert state.order["issued_at"].startswith(iso(NOON)[:16])
    assert len(text) < 1200  # still a code that a phone reads from a screen


def test_offline_by_words_is_offline(tmp_path):
    site, device = make_heard_site()
    give(site, action=OrderAction.OFFLINE)
    outbox = make_outbox(tmp_path)

    read_order(outbox, config_of(device), order_words(current(site), device), at=NOON)

    assert present_orders(outbox).order["mode"] == "offline"


def test_the_page_shows_code_and_words_and_takes_the_answer(client, place, tmp_path):
    site, device = place
    sign_in(client)
    address = reverse("telemetry:order_by_hand", args=[site.code])
    page = client.get(address)
    words = order_words(current(site), device)
    assert words in page.text
    assert "data:image/svg+xml" in page.text
    outbox, config = make_outbox(tmp_path), config_of(device)
    read_order(outbox, config, words, at=NOON)

    wrong = client.post(address, {"words": "bako bako bako bako"})
    client.post(address, {"words": answer_words(outbox, config)})

    assert "fit no device" in wrong.text
    ack = OrderAck.objects.get()
    assert (ack.rung, ack.channel) == (Rung.VERIFIED, "code")
    assert current(site).deliveries.get().rung == Rung.VERIFIED


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("bako bax bako bako", "Word 2, “bax”, is no such word"),
        ("bako bako bako", "these are 3"),
        ("SIAGA1:nothing", "cannot be read"),
        ("{swapped}", "not the order in force"),
        ("{forged}", "not a sealed order for this site"),
    ],
)
def test_the_page_says_what_is_wrong_with_what_was_read(client, place, said, sentence):
    site, device = place
    sign_in(client)
    words = order_words(current(site), device).split()
    swapped = " ".join([words[1], words[0], *words[2:]])
    said = said.format(swapped=swapped, forged=qr_text(current(site))[:-8] + "AAAAAAAA")

    page = client.post(reverse("telemetry:order_by_hand", args=[site.code]), {"words": said})

    assert page.status_code == 422
    assert sentence in page.text
    assert not OrderAck.objects.exists()


def test_an_answer_from_a_picture_is_on_record_as_scanned(client, place, tmp_path):
    site, device = place
    sign_in(client)
    outbox, config = make_outbox(tmp_path), config_of(device)
    read_order(outbox, config, order_words(current(site), device), at=NOON)
    said = {"words": answer_words(outbox, config), "scanned": "on"}

    client.post(reverse("telemetry:order_by_hand", args=[site.code]), said)

    assert OrderAck.objects.get().channel == "qr"
    assert AuditRow.objects.get(action="order.spoken").after["channel"] == "qr"


def test_whoever_holds_an_order_can_ask_whether_it_is_genuine_and_in_force(client, place):
    site, device = place
    sign_in(client)
    address = reverse("telemetry:order_by_hand", args=[site.code])
    old = qr_text(current(site))
    approve(lift(current(site).order, site))
    words = order_words(current(site), device)

    said = [client.post(address, {"words": text}, follow=True).text
            for text in (words, qr_text(current(site)), old)]  # fmt: skip

    assert f"Genuine and in force: number 2, for {device.name}" in said[0]
    assert f"Genuine and in force: number 2, for {site.code}" in said[1]
    assert "Genuine, but no longer in force: number 1; now it is 2" in said[2]
    assert not OrderAck.objects.exists()
