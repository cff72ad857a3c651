"""A lying site: all green, future times, a cloned identity, replays, contradicting digests."""

from datetime import timedelta

import pytest

from telemetry.models import Device, DeviceState, NodeState, Sample, Signal, SignalRule, SyncSession
from telemetry.services.detection import detect
from telemetry.services.inspection import inspect_fleet
from telemetry.services.sync_habit import fold_sessions
from tests.make import NOON, make_device
from tests.make_telemetry import BOOT, OTHER_BOOT, heartbeat, send, sync_session

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def look(at):
    fold_sessions(at=at)
    detect(at=at)
    inspect_fleet(at=at)


def rules_of(device: Device):
    signals = Signal.objects.open().filter(device=device)
    return set(signals.values_list("rule", flat=True))


def test_times_in_the_future_make_no_site_look_fresher_than_it_is():
    device = make_device()
    late = NOON + timedelta(hours=3)
    send(device, heartbeat(1, at=late), at=NOON, sent_at=late)
    state = DeviceState.objects.get(pk=device.pk)

    look(NOON + 5 * MINUTE)

    assert state.last_sampled_at <= NOON
    assert DeviceState.objects.get(pk=device.pk).node_state == NodeState.OFFLINE
    assert SignalRule.CLOCK_JUMP in rules_of(device)


def test_a_green_word_does_not_hide_digests_that_contradict_it():
    device = make_device()
    digest = {"alg": "sha256-sorted", "value": "aa", "rows": 10, "scope": "day"}
    send(
        device,
        heartbeat(1, streams=[{"name": "sales", "pending_records": 0, "conflicts_open": 0}]),
        sync_session(2, digest_after=digest, digest_peer_after=digest | {"value": "bb"}),
        at=NOON,
    )

    look(NOON)

    assert SignalRule.CHECKSUM_MISMATCH in rules_of(device)


def test_a_replay_counts_nothing_twice_and_brings_nobody_back():
    device = make_device()
    told = heartbeat(1)
    send(device, told, at=NOON)
    look(NOON + 30 * MINUTE)
    before = DeviceState.objects.get(pk=device.pk).last_received_at

    send(device, told, at=NOON + 31 * MINUTE, sent_at=NOON)
    look(NOON + 31 * MINUTE)

    assert Sample.objects.count() == 1
    assert DeviceState.objects.get(pk=device.pk).last_received_at == before
    assert DeviceState.objects.get(pk=device.pk).node_state == NodeState.OFFLINE


def test_the_same_number_with_another_content_is_kept_apart_and_told():
    device = make_device()
    send(device, heartbeat(1, state="online"), at=NOON)
    send(device, heartbeat(1, state="syncing"), at=NOON + MINUTE)

    look(NOON + MINUTE)

    assert {SignalRule.TAMPERING, SignalRule.CLONED_DEVICE} <= rules_of(device)
    assert Sample.objects.get().body["state"] == "online"


def test_two_machines_with_one_identity_are_told_as_a_clone():
    device = make_device()
    send(device, heartbeat(1), at=NOON, boot_id=BOOT)
    send(device, heartbeat(1, at=NOON + MINUTE), at=NOON + MINUTE, boot_id=OTHER_BOOT)
    send(device, heartbeat(2, at=NOON + 2 * MINUTE), at=NOON + 2 * MINUTE, boot_id=BOOT)

    look(NOON + 2 * MINUTE)

    assert SignalRule.CLONED_DEVICE in rules_of(device)


def test_old_failures_that_arrive_late_raise_nothing_about_a_past_that_is_over():
    device = make_device()
    old = NOON - timedelta(days=2)
    failures = [
        sync_session(n, at=old + n * MINUTE, outcome="aborted", started_at=_iso(old + n * MINUTE))
        for n in range(2, 4)
    ]
    send(device, heartbeat(1), *failures, sync_session(9), at=NOON)

    look(NOON)

    assert SyncSession.objects.count() == 3
    assert rules_of(device) == set()


def _iso(moment):
    return moment.isoformat().replace("+00:00", "Z")
