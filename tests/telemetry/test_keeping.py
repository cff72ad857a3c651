"""Days of samples: packed whole, thinned in levels, forgotten in order; never stored twice."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from telemetry.keeping import partitions
from telemetry.keeping.columns import DamagedPackError, pack, unpack
from telemetry.keeping.levels import waiting
from telemetry.keeping.reading import bins_between, samples_between
from telemetry.models import (
    PackedDay,
    PackedSamples,
    Sample,
    SampleLevel,
    SequenceLedger,
    SyncSession,
)
from telemetry.services.keeping import forget_samples, keep_partitions, pack_days
from tests.make import NOON, make_device
from tests.make_telemetry import conflict, heartbeat, posture, send, sync_session

TOMORROW = NOON + timedelta(days=1)


def ladder(rtt):
    return {"gateway": {"ok": True, "rtt_ms": rtt}, "central": {"ok": rtt % 2 == 0, "err": "x"}}


def day_of_heartbeats(device, count=60, *, begins=NOON):
    told = []
    for number in range(count):
        at = begins + timedelta(minutes=number)
        streams = [{"name": "sales", "pending_records": number}]
        told.append(heartbeat(number + 1, at=at, streams=streams, reach=ladder(number)))
        send(device, told[-1], at=at + timedelta(seconds=1))
    return told


def pack_all(at=TOMORROW):
    for _turn in range(3):
        pack_days(at=at)


def test_what_was_packed_comes_out_the_very_same():
    noise = random.Random(3)
    items = [
        {
            "b": {"at": f"2026-03-02T12:{n:02d}:00.{noise.randint(0, 999999):06d}Z", "seq": n},
            "empty": {}, "none": None, "list": [], "#1": "a name like a place", "~x": True,
            "floats": [1.5, n / 7], "deep": {"a": [{"b": n}, {"c": "ü"}]}, "big": 2**63 - n,
            **({"sometimes": n - 30} if n % 3 else {}), "t": "2026-03-02T12:00:00+07:00",
        }
        for n in range(60)
    ]  # fmt: skip
    assert unpack(pack(items)) == items
    assert unpack(pack([])) == []


def test_a_damaged_pack_says_so():
    blob = pack([{"b": {"at": "2026-03-02T12:00:00Z"}, "n": n} for n in range(9)])
    with pytest.raises(DamagedPackError):
        unpack(blob[:-4])


@pytest.mark.django_db
def test_a_closed_day_is_packed_and_reads_the_same_as_before():
    device = make_device()
    told = day_of_heartbeats(device)
    span = {"begins_at": NOON, "ends_at": NOON + timedelta(hours=1)}
    before = [one.body for one in samples_between([device.pk], **span)]
    bins = bins_between([device.pk], span_s=300, **span)

    pack_all()

    assert not Sample.objects.exists()
    after = samples_between([device.pk], **span)
    assert [one.body for one in after] == before
    assert [one.body["seq"] for one in after] == [one["seq"] for one in told]
    assert after[0].received_at == NOON + timedelta(seconds=1)
    assert bins_between([device.pk], span_s=300, **span) == bins
    assert [waiting(one) for one in bins[device.pk]][:2] == [4, 9]
    assert PackedDay.objects.get().samples == 60


@pytest.mark.django_db
def test_a_day_that_is_not_over_stays_open():
    device = make_device()
    day_of_heartbeats(device, 3)
    pack_days(at=NOON + timedelta(hours=11))
    assert Sample.objects.count() == 3


@pytest.mark.django_db
def test_a_repeat_of_a_packed_sample_is_known_and_counts_once():
    device = make_device()
    told = day_of_heartbeats(device, 5)
    pack_all()

    outcome = send(device, *told, at=TOMORROW)

    assert outcome.duplicates == 5
    assert outcome.acknowledged == [(1, 5)]
    assert not Sample.objects.exists()


@pytest.mark.django_db
def test_other_content_under_a_packed_number_is_a_contradiction():
    device = make_device()
    told = day_of_heartbeats(device, 5)
    pack_all()

    outcome = send(device, told[0], told[2] | {"state": "syncing"}, at=TOMORROW)

    assert outcome.acknowledged == [(1, 1)]
    assert [bad.seq for bad in outcome.rejected] == [3]
    assert SequenceLedger.objects.get().contradictions == 1


@pytest.mark.django_db
def test_what_comes_late_for_a_packed_day_becomes_a_further_part_of_it():
    device = make_device()
    day_of_heartbeats(device, 10)
    pack_all()
    late = NOON + timedelta(minutes=20)
    send(device, heartbeat(11, at=late), at=TOMORROW)

    pack_all(TOMORROW + timedelta(days=1))

    assert list(PackedSamples.objects.order_by("part").values_list("part", "count")) == [
        (0, 10),
        (1, 1),
    ]
    span = {"begins_at": NOON, "ends_at": NOON + timedelta(hours=1)}
    assert len(samples_between([device.pk], **span)) == 11
    bins = bins_between([device.pk], span_s=3600, **span)[device.pk]
    assert [one["heartbeats"] for one in bins] == [11]


@pytest.mark.django_db
def test_heartbeats_are_forgotten_level_by_level_and_sessions_never(settings):
    device = make_device()
    day_of_heartbeats(device, 3)
    send(device, sync_session(4), conflict(5), posture(6), at=NOON)
    pack_all()

    forget_samples(at=NOON + settings.KEEP_RAW + timedelta(days=2))

    kinds = set(PackedSamples.objects.values_list("kind", flat=True))
    assert kinds == {"event"}
    assert PackedSamples.objects.get().count == 3
    assert set(SampleLevel.objects.values_list("span_s", flat=True)) == {300, 3600}
    forget_samples(at=NOON + settings.KEEP_FIVE_MINUTES + timedelta(days=2))
    assert set(SampleLevel.objects.values_list("span_s", flat=True)) == {3600}
    forget_samples(at=NOON + settings.KEEP_HOURLY + timedelta(days=2))
    assert not SampleLevel.objects.exists()
    assert SyncSession.objects.count() == 1
    assert PackedSamples.objects.get().kind == "event"


@pytest.mark.django_db
def test_packing_in_turns_leaves_no_device_out():
    devices = [make_device() for _number in range(5)]
    for device in devices:
        day_of_heartbeats(device, 2)
    for _turn in range(4):
        pack_days(at=TOMORROW, most=2)
    assert not Sample.objects.exists()
    assert PackedSamples.objects.count() == 5
    assert PackedDay.objects.get().packed_at == TOMORROW


@pytest.mark.django_db
def test_a_day_has_its_own_partition_on_postgresql_and_leaves_with_it():
    if connection.vendor != "postgresql":
        assert keep_partitions(at=NOON) == "one table"
        return
    with connection.cursor() as cursor:
        if not partitions.is_split(cursor):
            partitions.split_table(cursor)
    device = make_device()
    # Before its partition was made, so that it lies in the rest and has to move.
    send(device, heartbeat(1), at=NOON)
    assert keep_partitions(at=NOON) == "4 made"
    assert keep_partitions(at=NOON) == "0 made"
    send(device, heartbeat(2, at=NOON + timedelta(minutes=1)), at=NOON + timedelta(minutes=1))
    table = partitions.name_of(NOON.date())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (2,)

    pack_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        assert cursor.fetchone() == (None,)
    assert PackedSamples.objects.get().count == 2
