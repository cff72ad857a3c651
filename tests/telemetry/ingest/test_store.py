"""Storing batches: once, durable, and never fresher than the truth."""

from datetime import timedelta

import pytest

from telemetry.ingest.store import store_group
from telemetry.models import (
    ConflictReport,
    DeviceState,
    QuarantinedItem,
    Sample,
    SequenceLedger,
    Stream,
    StreamState,
    SyncSession,
)
from telemetry.services.device import revoke_device
from tests.make import NOON, make_device, make_site
from tests.make_telemetry import (
    OTHER_BOOT,
    arrival,
    conflict,
    heartbeat,
    iso,
    order_status,
    posture,
    send,
    sync_session,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
SALES = {"name": "sales", "pending_records": 7}


def state_of(device):
    return DeviceState.objects.get(device=device)


def test_a_sample_is_stored_and_acknowledged():
    device = make_device()

    outcome = send(device, heartbeat(1))

    assert outcome.acknowledged == [(1, 1)]
    stored = Sample.objects.get(device=device)
    assert (stored.seq, stored.kind, stored.sampled_at) == (1, "heartbeat", NOON)
    assert stored.body["state"] == "online"


def test_a_repeat_is_acknowledged_and_counted_but_not_stored_again():
    device = make_device()
    send(device, heartbeat(1))

    outcome = send(device, heartbeat(1), heartbeat(2, at=NOON + MINUTE), at=NOON + MINUTE)

    assert (outcome.acknowledged, outcome.duplicates) == ([(1, 2)], 1)
    assert Sample.objects.count() == 2
    assert state_of(device).duplicates == 1


def test_fields_in_another_order_are_the_same_content():
    device = make_device()
    item = heartbeat(1)
    send(device, item)

    outcome = send(device, dict(reversed(item.items())))

    assert outcome.duplicates == 1
    assert not QuarantinedItem.objects.exists()


def test_the_same_number_with_other_content_is_kept_apart():
    device = make_device()
    send(device, heartbeat(1, state="online"))

    outcome = send(device, heartbeat(1, state="syncing"))

    assert [bad.seq for bad in outcome.rejected] == [1]
    assert outcome.acknowledged == []
    assert Sample.objects.get().body["state"] == "online"
    assert QuarantinedItem.objects.get().is_contradiction
    assert state_of(device).is_forked
    assert state_of(device).contradictions == 1


def test_a_contradiction_inside_one_batch_is_found():
    device = make_device()

    outcome = send(device, heartbeat(1, state="online"), heartbeat(1, state="syncing"))

    assert outcome.acknowledged == [(1, 1)]
    assert len(outcome.rejected) == 1


def test_a_repeat_inside_one_group_is_stored_once():
    device = make_device()
    first, second = arrival(device, heartbeat(1)), arrival(device, heartbeat(1))

    outcomes = store_group([first, second], at=NOON)

    assert [outcome.duplicates for outcome in outcomes] == [0, 1]
    assert Sample.objects.count() == 1


def test_a_contradiction_says_nothing_about_the_state():
    device = make_device()
    send(device, heartbeat(1, streams=[SALES]))

    later = NOON + MINUTE
    send(device, heartbeat(1, at=later, streams=[SALES | {"pending_records": 99}]), at=later)

    assert StreamState.objects.get().pending_records == 7


def test_numbers_that_came_are_kept_as_ranges():
    device = make_device()
    send(device, *(heartbeat(seq) for seq in (1, 2, 5)))
    send(device, *(heartbeat(seq) for seq in (4, 3, 9)))

    assert SequenceLedger.objects.get().received == [[1, 5], [9, 9]]


def test_a_declared_drop_is_remembered():
    device = make_device()
    dropped = [{"from_seq": 2, "to_seq": 8, "reason": "downsampled"}]

    send(device, heartbeat(1), heartbeat(9), dropped=dropped)

    assert SequenceLedger.objects.get().dropped == [[2, 8]]


def test_a_refused_number_is_no_loss_and_may_come_again_mended():
    device = make_device()
    send(device, heartbeat(1), heartbeat(2, state="tired"))
    assert SequenceLedger.objects.get().dropped == [[2, 2]]

    assert send(device, heartbeat(2)).acknowledged == [(2, 2)]


def test_a_bad_item_is_kept_in_quarantine_beside_stored_good_ones():
    device = make_device()

    outcome = send(device, heartbeat(1), heartbeat(2, colour="red"), heartbeat(3))

    assert outcome.acknowledged == [(1, 1), (3, 3)]
    kept = QuarantinedItem.objects.get()
    assert kept.seq == 2
    assert "colour" in kept.reason
    assert state_of(device).rejected == 1


def test_what_the_database_cannot_hold_harms_no_neighbour():
    device, other = make_device(), make_device()
    # 23 hours east of Greenwich: a valid time that PostgreSQL refuses to read.
    odd = heartbeat(2)
    odd["at"] = "2026-03-02T12:00:00+23:30"
    group = [arrival(device, heartbeat(1), odd, heartbeat(3)), arrival(other, heartbeat(1))]

    mine, theirs = store_group(group, at=NOON)

    assert theirs.acknowledged == [(1, 1)]
    assert {1, 3} <= {seq for low, high in mine.acknowledged for seq in range(low, high + 1)}


def test_old_samples_that_come_late_do_not_make_a_device_look_fresher():
    device = make_device()
    send(device, heartbeat(1))
    came = NOON + timedelta(hours=3)

    send(device, heartbeat(2, at=NOON + MINUTE), at=came)

    assert state_of(device).last_received_at == NOON
    assert state_of(device).heartbeats_since_return == 1


def test_a_clock_in_the_future_does_not_make_content_look_fresher():
    device = make_device()

    send(device, heartbeat(1, at=NOON + timedelta(days=400)))
    send(device, heartbeat(2, at=NOON + MINUTE, streams=[SALES]), at=NOON + MINUTE)

    assert state_of(device).last_sampled_at == NOON + MINUTE
    assert StreamState.objects.get().pending_records == 7


def test_an_older_sample_never_turns_a_stream_back():
    device = make_device()
    send(device, heartbeat(5, at=NOON, streams=[SALES]))

    old = heartbeat(4, at=NOON - MINUTE, streams=[SALES | {"pending_records": 1}])
    send(device, old, at=NOON + MINUTE)

    assert StreamState.objects.get().pending_records == 7


def test_a_stream_is_made_when_a_site_first_names_it():
    site = make_site()
    device = make_device(site=site)

    send(device, heartbeat(1, streams=[SALES | {"criticality": "critical"}]))

    stream = Stream.objects.get(site=site)
    assert (stream.name, stream.criticality, stream.rpo) == ("sales", "critical", None)


def test_live_heartbeats_after_a_silence_are_counted_anew():
    device = make_device()
    send(device, heartbeat(1))
    send(device, heartbeat(2, at=NOON + MINUTE), at=NOON + MINUTE)
    back = NOON + timedelta(hours=2)

    send(device, heartbeat(3, at=back), at=back)

    assert state_of(device).heartbeats_since_return == 1


def test_the_ladder_climbed_while_silent_is_kept():
    device = make_device()
    send(device, heartbeat(1))
    back = NOON + timedelta(hours=2)
    ladder = {"gateway": {"ok": True}, "internet": {"ok": False}}

    send(
        device,
        heartbeat(3, at=back, reach={"internet": {"ok": True}}),
        heartbeat(2, at=back - timedelta(minutes=30), reach=ladder),
        at=back,
    )

    state = state_of(device)
    assert state.reach == {"internet": {"ok": True}}
    assert state.reach_while_silent["internet"] == {"ok": False}


def test_a_boot_that_ended_and_speaks_again_is_a_clone():
    device = make_device()
    send(device, heartbeat(1))
    send(device, heartbeat(1, at=NOON + MINUTE), at=NOON + MINUTE, boot_id=OTHER_BOOT)
    assert not state_of(device).is_forked

    later = NOON + 2 * MINUTE
    send(device, heartbeat(2, at=later), at=later)

    assert state_of(device).is_forked


def test_the_offset_of_a_clock_is_measured():
    device = make_device()

    send(
        device,
        heartbeat(1, at=NOON + MINUTE, reach={"portal": {"ok": True, "rtt_ms": 40}}),
        sent_at=NOON + MINUTE,
    )

    state = state_of(device)
    assert (state.clock_offset_ms, state.clock_uncertainty_ms) == (60_000, 40)


def test_a_session_whose_digests_differ_is_a_mismatch():
    device = make_device()
    ours = {"alg": "sha256-sorted", "value": "aa", "rows": 10}

    send(
        device,
        sync_session(1, digest_after=ours, digest_peer_after=ours | {"value": "bb"}),
        sync_session(2, digest_after=ours, digest_peer_after=ours),
    )

    assert sorted(SyncSession.objects.values_list("is_mismatch", flat=True)) == [False, True]


def test_a_session_told_while_it_ran_is_completed():
    device = make_device()
    session = sync_session(1, outcome="partial")
    del session["ended_at"]
    send(device, session)

    send(device, session | {"seq": 2, "ended_at": iso(NOON + MINUTE), "outcome": "ok"})

    stored = SyncSession.objects.get()
    assert (stored.outcome, stored.ended_at) == ("ok", NOON + MINUTE)


def test_conflict_posture_and_order_status_are_stored():
    device = make_device()

    outcome = send(device, conflict(1, critical=True), posture(2), order_status(3))

    assert outcome.acknowledged == [(1, 3)]
    assert ConflictReport.objects.get().is_critical
    assert state_of(device).posture["disk_encrypted"] is True
    assert Sample.objects.filter(kind="order_status").exists()


def test_a_revoked_device_stores_nothing():
    device = make_device()
    send(device, heartbeat(1))
    revoke_device(device=device, actor=None, at=NOON)

    assert send(device, heartbeat(2)).is_refused
    assert Sample.objects.count() == 1


def test_two_batches_of_one_device_in_a_group_both_count():
    device = make_device()
    later = NOON + MINUTE
    group = [arrival(device, heartbeat(1)), arrival(device, heartbeat(2, at=later), at=later)]

    store_group(group, at=later)

    assert SequenceLedger.objects.get().received == [[1, 2]]
    assert state_of(device).last_received_at == later
    assert state_of(device).last_seq == 2
