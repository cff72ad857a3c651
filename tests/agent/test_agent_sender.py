"""The sender: what leaves, in which order, and what every kind of answer does."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from siaga_agent.backoff import Backoff
from siaga_agent.clock import ClockReading, measure
from siaga_agent.reply import Reply
from siaga_agent.transport import tls_context
from tests.agent.make_agent import NOON, SetClock, heartbeat, make_outbox, make_sender, session
from tests.agent.portal_stand_in import RunningPortal
from tests.faults.proxy import FaultProxy


@pytest.fixture
def portal():
    with RunningPortal() as running:
        yield running


@pytest.fixture
def outbox(tmp_path):
    return make_outbox(tmp_path)


def fill(outbox, count, **fields):
    for _ in range(count):
        outbox.append(heartbeat(**fields), at=NOON)


def drain(sender, rounds=50):
    for _ in range(rounds):
        if sender.send_round() is None:
            return
    raise AssertionError("not drained")


def test_everything_arrives_once_and_the_newest_first(portal, outbox):
    fill(outbox, 1200)
    sender = make_sender(outbox, portal.url)

    drain(sender)

    sizes = [len(batch["items"]) for batch in portal.stand_in.batches]
    assert sizes == [500, 500, 200]
    assert portal.stand_in.batches[0]["items"][-1]["seq"] == 1200
    assert outbox.waiting_count() == 0


def test_a_lost_reply_is_made_good_without_a_second_identity(portal, outbox):
    fill(outbox, 3)
    portal.stand_in.lose_replies = 1
    sender = make_sender(outbox, portal.url)

    assert sender.send_round() > 0
    drain(sender)

    assert portal.stand_in.duplicates == 3
    assert len(portal.stand_in.items()) == 3
    assert portal.stand_in.forked == []


def test_what_the_portal_rejects_is_quarantined_with_its_reason(portal, outbox):
    fill(outbox, 2)
    outbox.append(heartbeat(state="bad"), at=NOON)
    portal.stand_in.refuse_item = lambda item: "no such state" if item["state"] == "bad" else None

    drain(make_sender(outbox, portal.url))

    assert outbox.quarantined() == [(3, "heartbeat", "no such state")]
    assert len(portal.stand_in.items()) == 2


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_poisoned_item_never_holds_back_the_good_ones(portal, outbox, status):
    fill(outbox, 60)
    outbox.append(heartbeat(state="poison"), at=NOON)
    fill(outbox, 60)

    def choke(batch):
        if any(item["state"] == "poison" for item in batch["items"]):
            return status, {}, b'{"detail": "poison"}'
        return None

    portal.stand_in.misbehave = choke
    drain(make_sender(outbox, portal.url))

    assert len(portal.stand_in.items()) == 120
    assert outbox.quarantined() == [(61, "heartbeat", f"HTTP {status}: poison")]


def test_a_portal_that_refuses_everything_quarantines_nothing(portal, outbox):
    fill(outbox, 5)
    portal.stand_in.misbehave = lambda batch: (400, {}, b'{"detail": "no"}')

    assert make_sender(outbox, portal.url).send_round() > 0

    assert outbox.waiting_count() == 5
    assert outbox.quarantined() == []


def test_a_refusal_that_names_the_numbers_is_believed(portal, outbox):
    fill(outbox, 1)
    body = json.dumps({"ack": [], "rejected": [{"seq": 1, "error": "time"}]}).encode()
    portal.stand_in.misbehave = lambda batch: (422, {}, body)

    make_sender(outbox, portal.url).send_round()

    assert outbox.quarantined() == [(1, "heartbeat", "time")]


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"oops"),
        (502, {}, b"<html>"),
        (200, {}, b"<html>welcome to the hotel</html>"),
        (200, {}, b"[]"),
        (200, {}, b'{"ack": "all"}'),
        (200, {}, b'{"ack": [[5, 1], [true, 9], ["1", 2], [1]], "want": [], "rejected": 7}'),
        (302, {"Location": "http://127.0.0.1:1/login"}, b""),
        (400, {}, b"Bad Request"),
        (204, {}, b""),
        (200, {}, b"[" * 100_000),
    ],
)
def test_an_answer_that_is_not_the_portals_acknowledges_nothing(portal, outbox, answer):
    fill(outbox, 2)
    portal.stand_in.misbehave = lambda batch: answer
    sender = make_sender(outbox, portal.url)

    assert sender.send_round() > 0
    assert outbox.waiting_count() == 2
    portal.stand_in.misbehave = None
    drain(sender)

    assert len(portal.stand_in.items()) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_the_least_wait(portal, outbox, status):
    fill(outbox, 1)
    portal.stand_in.misbehave = lambda batch: (status, {"Retry-After": "40"}, b"{}")

    assert make_sender(outbox, portal.url).send_round() >= 40


def test_retry_after_may_be_a_date(portal, outbox):
    fill(outbox, 1)
    later = datetime.now(UTC) + timedelta(seconds=90)
    told = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    portal.stand_in.misbehave = lambda batch: (503, {"Retry-After": told}, b"{}")

    assert 60 < make_sender(outbox, portal.url).send_round() < 95


def test_a_refused_token_keeps_everything_and_says_so(portal, outbox):
    fill(outbox, 1)
    sender = make_sender(outbox, portal.url, token="old")

    sender.send_round()

    assert sender.guidance.token_refused
    assert outbox.waiting_count() == 1


def test_a_cut_link_then_restored_backfills_everything(portal, outbox):
    with FaultProxy(("127.0.0.1", portal.port)) as link:
        sender = make_sender(outbox, f"http://127.0.0.1:{link.port}")
        fill(outbox, 10)
        drain(sender)
        link.cut()
        fill(outbox, 900)
        assert sender.send_round() > 0
        assert sender.lost_contact
        link.restore()
        drain(sender)

    assert sorted(item["seq"] for item in portal.stand_in.items()) == list(range(1, 911))


def test_pause_sends_a_few_and_waits_for_the_next_beat(portal, outbox):
    portal.stand_in.reply = {"want": "pause", "next_heartbeat_s": 33}
    fill(outbox, 1)
    sender = make_sender(outbox, portal.url)
    sender.send_round()
    fill(outbox, 100)

    assert sender.send_round() == 33
    assert len(portal.stand_in.batches[-1]["items"]) == 20


def test_losses_are_declared_once(portal, outbox):
    fill(outbox, 5)
    outbox.drop([2, 3], reason="downsampled")
    sender = make_sender(outbox, portal.url)

    drain(sender)
    fill(outbox, 1)
    drain(sender)

    assert portal.stand_in.dropped == [{"from_seq": 2, "to_seq": 3, "reason": "downsampled"}]


def test_at_most_fifty_losses_go_with_one_batch(portal, outbox):
    fill(outbox, 200)
    for seq in range(1, 140, 2):
        outbox.drop([seq], reason="downsampled")
    sender = make_sender(outbox, portal.url)

    drain(sender)
    fill(outbox, 1)
    drain(sender)

    told = [len(batch.get("dropped", [])) for batch in portal.stand_in.batches]
    assert told == [50, 20]


def test_a_declaration_the_portal_dislikes_does_not_block_the_items(portal, outbox):
    fill(outbox, 5)
    outbox.drop([2], reason="downsampled")
    portal.stand_in.misbehave = lambda batch: (400, {}, b"{}") if "dropped" in batch else None

    drain(make_sender(outbox, portal.url))

    assert len(portal.stand_in.items()) == 4
    assert outbox.quarantined() == []


def test_the_newest_checkpoint_is_kept_and_echoed(portal, outbox):
    sender = make_sender(outbox, portal.url)
    for number in (1, 2):
        portal.stand_in.reply = {"audit_checkpoint": f"head-{number}"}
        fill(outbox, 1)
        drain(sender)
    fill(outbox, 1)
    drain(sender)

    assert [head.get("X-Audit-Witness") for head in portal.stand_in.headers] == [
        None,
        "head-1",
        "head-2",
    ]
    assert [checkpoint for checkpoint, _ in outbox.witnesses()] == ["head-1", "head-2"]


def test_a_checkpoint_cannot_smuggle_a_header():
    assert Reply.read({"audit_checkpoint": "a\r\nX-Evil: 1"}).audit_checkpoint is None


@pytest.mark.parametrize(("age_s", "blind"), [(0, False), (299, False), (301, True), (None, True)])
def test_the_watch_is_blind_after_five_minutes(age_s, blind):
    fresh = None if age_s is None else (NOON - timedelta(seconds=age_s)).isoformat()
    told = {"server_time": NOON.isoformat(), "engine_fresh_at": fresh}

    assert Reply.read(told).headquarters_blind() is blind


def test_a_clock_set_back_changes_no_number_and_loses_nothing(portal, outbox):
    clock = SetClock()
    sender = make_sender(outbox, portal.url, clock=clock)
    fill(outbox, 2)
    drain(sender)
    clock.at = NOON - timedelta(days=400)
    outbox.append(session(at=clock.at), at=clock.at)
    drain(sender)

    assert sorted(item["seq"] for item in portal.stand_in.items()) == [1, 2, 3]
    assert portal.stand_in.batches[-1]["sent_at"].startswith("2025-10")


def test_the_measured_offset_comes_with_its_doubt():
    server = NOON - timedelta(seconds=30)

    reading = measure(NOON, NOON + timedelta(seconds=2), server)

    assert (reading.offset_ms, reading.uncertainty_ms) == (31_000, 1_001)
    assert reading.is_sane
    assert not ClockReading(-900_000, 10, NOON).is_sane


def test_waits_grow_are_jittered_and_capped():
    backoff = Backoff(base_s=1, cap_s=60)

    waits = [backoff.failed() for _ in range(40)]

    assert all(0 <= wait <= 60 for wait in waits)
    assert waits[0] <= 1
    assert len(set(waits[10:])) > 20


def test_only_tls_1_3_is_spoken():
    assert tls_context(None).minimum_version.name == "TLSv1_3"
