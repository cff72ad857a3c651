"""Rules about sessions: folded once into habits and days, and judged from there."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest

from telemetry.detection.asking.selling import overselling, projected
from telemetry.detection.board import read_board
from telemetry.models import (
    DeviceState,
    NodeState,
    Signal,
    SignalRule,
    StreamState,
    SyncDay,
    SyncHabit,
    SyncSession,
)
from telemetry.services.detection import detect
from telemetry.services.inspection import inspect_fleet
from telemetry.services.sync_habit import fold_sessions
from telemetry.wording import explain_sums
from tests.make import NOON, make_device, make_site, make_stream_state
from tests.make_incidents import make_signal

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def session(device, at=NOON, **fields):
    base = {
        "session_id": uuid4(),
        "stream_name": "sales",
        "direction": "push",
        "trigger": "schedule",
        "started_at": at,
        "ended_at": at + MINUTE,
        "duration_ms": 4000,
        "outcome": "ok",
        "records_out": 100,
        "received_at": at + MINUTE,
    }
    return SyncSession(device=device, **(base | fields))


def told(*sessions, at=NOON):
    SyncSession.objects.bulk_create(sessions)
    fold_sessions(at=at)
    inspect_fleet(at=at)


def keys(rule):
    return sorted(Signal.objects.open().filter(rule=rule).values_list("key", flat=True))


def habit_of(device, count=30):
    dice = random.Random(7)
    return [
        session(
            device,
            NOON - (count - n) * 15 * MINUTE,
            duration_ms=int(4000 * dice.uniform(0.85, 1.2)),
        )
        for n in range(count)
    ]


def test_a_session_is_folded_once():
    device = make_device(heard_at=NOON)
    told(session(device), session(device, NOON + MINUTE, outcome="failed"))
    fold_sessions(at=NOON)

    day = SyncDay.objects.get()
    assert (day.sessions, day.failed, day.records) == (2, 1, 200)


def test_a_running_session_is_folded_when_it_has_ended():
    device = make_device(heard_at=NOON)
    running = session(device, ended_at=None, outcome="partial")
    told(running)
    before = SyncDay.objects.count()
    SyncSession.objects.update(ended_at=NOON + MINUTE, outcome="ok")
    fold_sessions(at=NOON)

    assert (before, SyncDay.objects.get().sessions) == (0, 1)


def test_two_syncs_that_take_far_too_long_are_unusual_and_one_is_not():
    device = make_device(heard_at=NOON)
    told(*habit_of(device), session(device, duration_ms=90_000))
    one = keys(SignalRule.UNUSUAL_SYNC)
    told(session(device, NOON + MINUTE, duration_ms=80_000))
    two = keys(SignalRule.UNUSUAL_SYNC)
    sums = explain_sums(Signal.objects.get().sums)
    told(session(device, NOON + 2 * MINUTE))

    assert (one, two) == ([], [f"{device.site.code}:sales"])
    assert any("robust z" in line for line in sums)
    assert keys(SignalRule.UNUSUAL_SYNC) == []


def test_ten_times_the_volume_may_take_ten_times_as_long():
    device = make_device(heard_at=NOON)
    dice = random.Random(3)
    base = []
    for n in range(40):
        records = dice.choice([10, 100, 1000])
        base.append(
            session(
                device,
                NOON - (40 - n) * 15 * MINUTE,
                records_out=records,
                duration_ms=int(40 * records * dice.uniform(0.9, 1.1)),
            )
        )
    large = [
        session(device, NOON + n * MINUTE, records_out=5000, duration_ms=210_000) for n in (0, 1)
    ]

    told(*base, *large)

    assert keys(SignalRule.UNUSUAL_SYNC) == []


def test_late_sessions_count_and_conclude_nothing():
    device = make_device(heard_at=NOON)
    old = [
        session(device, NOON - timedelta(days=3) + n * MINUTE, duration_ms=90_000) for n in range(3)
    ]
    told(*habit_of(device))
    told(*old)

    assert keys(SignalRule.UNUSUAL_SYNC) == []
    assert SyncHabit.objects.get().last_started_at == NOON - 15 * MINUTE


def test_a_place_that_fails_far_more_than_the_others_is_told():
    good = [make_device(heard_at=NOON) for _ in range(6)]
    bad = make_device(heard_at=NOON)
    rows = [session(device, NOON - n * HOUR) for device in good for n in range(20)]
    rows += [session(bad, NOON - n * HOUR, outcome="failed" if n % 2 else "ok") for n in range(20)]

    told(*rows)

    assert keys(SignalRule.FREQUENT_FAILURES) == [bad.site.code]
    assert any("Wilson" in line for line in explain_sums(Signal.objects.get().sums))


def test_failures_in_a_shared_outage_are_not_the_habit_of_the_place():
    device = make_device(heard_at=NOON)
    Signal.objects.create(
        rule=SignalRule.NETWORK_OUTAGE,
        key="region:X",
        title="x",
        began_at=NOON - 2 * HOUR,
        opened_at=NOON - 2 * HOUR,
        closed_at=NOON + HOUR,
        site_ids=[device.site_id],
    )

    told(*[session(device, NOON - n * MINUTE, outcome="failed") for n in range(20)])

    assert SyncDay.objects.get().failed == 0
    assert keys(SignalRule.FREQUENT_FAILURES) == []


def test_the_site_that_spoils_is_the_suspect():
    good = [make_device(heard_at=NOON) for _ in range(6)]
    bad = make_device(heard_at=NOON)
    rows = [session(device, NOON - n * HOUR) for device in good for n in range(8)]
    rows += [session(bad, NOON - n * HOUR, is_mismatch=n < 4) for n in range(8)]

    told(*rows)

    signal = Signal.objects.get(rule=SignalRule.SUSPECT_SOURCE)
    assert signal.key == bad.site.code
    assert "proposal: freeze its sync until somebody has looked" in explain_sums(signal.sums)


def test_duplicates_after_a_reconnect_make_nobody_a_suspect():
    device = make_device(heard_at=NOON)

    told(*[session(device, NOON - n * HOUR, trigger="reconnect", duplicates=90) for n in range(8)])

    assert keys(SignalRule.SUSPECT_SOURCE) == []


def test_refused_input_is_laid_at_the_door_it_came_through():
    good = [make_device(heard_at=NOON) for _ in range(10)]
    bad = make_device(heard_at=NOON)
    errors = [{"code": "bad_sku", "count": 40, "sample": "user=siti sku=XYZ"}]
    rows = [session(device, NOON - n * HOUR) for device in good for n in range(5)]

    told(*rows, session(bad, rejected=40, errors=errors))

    assert f"site:{bad.site.code}" in keys(SignalRule.BAD_INPUT)
    assert "user:siti" in keys(SignalRule.BAD_INPUT)


def test_a_sync_whose_machine_restarted_was_cut_off_by_power():
    device = make_device(heard_at=NOON)
    DeviceState.objects.update(agent={"uptime_s": 60}, last_sampled_at=NOON + 10 * MINUTE)
    told(session(device, outcome="aborted", ended_at=None))
    raised = keys(SignalRule.SYNC_CUT_OFF)
    sums = explain_sums(Signal.objects.get(rule=SignalRule.SYNC_CUT_OFF).sums)
    told(session(device, NOON + 11 * MINUTE), at=NOON + 12 * MINUTE)

    assert raised == [f"{device.site.code}:sales"]
    assert any("started anew" in line for line in sums)
    assert keys(SignalRule.SYNC_CUT_OFF) == []


def test_a_power_cut_is_told_though_its_repair_is_heard_of_in_the_same_breath():
    device = make_device(heard_at=NOON)
    DeviceState.objects.update(agent={"uptime_s": 60}, last_sampled_at=NOON + 10 * MINUTE)
    cut_off = session(device, outcome="aborted", ended_at=None)
    told(cut_off, session(device, NOON + 11 * MINUTE), at=NOON + 12 * MINUTE)
    raised = keys(SignalRule.SYNC_CUT_OFF)
    inspect_fleet(at=NOON + 18 * MINUTE)

    assert raised == [f"{device.site.code}:sales"]
    assert keys(SignalRule.SYNC_CUT_OFF) == []


def test_an_abort_without_a_sign_of_power_is_not_laid_to_it():
    device = make_device(heard_at=NOON)
    DeviceState.objects.update(agent={"uptime_s": 90_000}, last_sampled_at=NOON + 10 * MINUTE)

    told(session(device, outcome="aborted"))

    assert keys(SignalRule.SYNC_CUT_OFF) == []


def test_a_peer_that_went_away_is_no_power_cut_though_the_agent_is_younger_than_the_session():
    device = make_device(heard_at=NOON)
    DeviceState.objects.update(agent={"uptime_s": 60}, last_sampled_at=NOON + 10 * MINUTE)
    told_of = [{"code": "subscriber_gone", "count": 1, "sample": "slot siaga_sub"}]

    told(session(device, outcome="aborted", errors=told_of))

    assert keys(SignalRule.SYNC_CUT_OFF) == []


def test_a_site_that_went_dark_on_battery_while_syncing_was_cut_off():
    device = make_device(heard_at=NOON, node_state=NodeState.OFFLINE)
    make_stream_state(device, rpo=None, pending_records=9)
    DeviceState.objects.update(reported_state="syncing", host={"on_ups": True})

    inspect_fleet(at=NOON + 10 * MINUTE)

    assert len(keys(SignalRule.SYNC_CUT_OFF)) == 1


def test_a_slot_near_its_end_is_told_until_the_stream_works_again():
    device = make_device(heard_at=NOON)
    errors = [{"code": "slot_unreserved", "count": 1, "sample": "safe_wal_size=-5"}]
    told(session(device, outcome="failed", errors=errors))
    raised = keys(SignalRule.SLOT_AT_RISK)
    told(session(device, NOON + MINUTE))

    assert raised == [f"{device.site.code}:sales"]
    assert keys(SignalRule.SLOT_AT_RISK) == []


def test_a_reachable_site_that_forgot_to_synchronise_is_told():
    late, fine = make_device(heard_at=NOON), make_device(heard_at=NOON)
    for device, ago in ((late, 50 * MINUTE), (fine, 10 * MINUTE)):
        make_stream_state(
            device,
            rpo=30 * MINUTE,
            pending_records=4,
            oldest_pending_at=NOON - ago,
            last_sync_ok_at=NOON - ago,
        )

    inspect_fleet(at=NOON)

    assert [key.split(":")[0] for key in keys(SignalRule.FORGOTTEN_SYNC)] == [late.site.code]


def test_what_the_sites_may_sell_and_the_centre_sells_is_more_than_there_is():
    centre = make_device(heard_at=NOON, site=make_site(kind="data_centre"))
    make_stream_state(centre, rpo=None, leases=[{"sku": "AKI", "granted": 100, "used": 40}])
    shops = [make_device(heard_at=NOON) for _ in range(2)]
    for shop in shops:
        make_stream_state(shop, rpo=None, leases=[{"sku": "AKI", "granted": 30, "used": 10}])
    inspect_fleet(at=NOON)
    fits = keys(SignalRule.OVERSELLING)
    StreamState.objects.filter(device__in=shops).update(
        leases=[{"sku": "AKI", "granted": 50, "used": 10}]
    )

    inspect_fleet(at=NOON)

    assert (fits, keys(SignalRule.OVERSELLING)) == ([], [f"{centre.site.code}/AKI"])


@pytest.mark.parametrize(("dark", "cause"), [(2, "network_outage:region:JTM"), (0, "")])
def test_what_an_outage_makes_sites_sell_unseen_is_a_part_of_that_outage(dark, cause):
    centre = make_device(heard_at=NOON, site=make_site(kind="data_centre"))
    make_stream_state(centre, rpo=None, leases=[{"sku": "AKI", "granted": 40, "used": 30}])
    shops = [make_device(heard_at=NOON) for _ in range(3)]
    for shop in shops:
        make_stream_state(
            shop, rpo=None, leases=[{"sku": "AKI", "granted": 10, "used": 6}],
            pending_records=6, oldest_pending_at=NOON - HOUR,
        )  # fmt: skip
    make_signal(
        SignalRule.NETWORK_OUTAGE, key="region:JTM", opened_at=NOON - HOUR,
        site_ids=[shop.site_id for shop in shops[:dark]],
    )  # fmt: skip

    [outcome] = overselling(read_board(NOON))

    assert [claim.parent_key for claim in outcome.claims] == [cause]


@pytest.mark.parametrize(
    ("sold", "selling", "unheard", "expected"),
    [
        (1, timedelta(seconds=1), timedelta(seconds=30), 1),  # one sale just before the sample
        (6, timedelta(minutes=10), timedelta(minutes=10), 12),  # the same pace goes on
        (6, timedelta(minutes=10), timedelta(hours=9), 20),  # the quota is the cap
    ],
)
def test_what_a_site_sells_unseen_goes_on_at_a_pace_that_was_measured_long_enough(
    sold, selling, unheard, expected
):
    assert projected(20, sold, NOON - selling, NOON, NOON + unheard) == expected


def test_an_expired_quota_promises_nothing():
    centre = make_device(heard_at=NOON, site=make_site(kind="data_centre"))
    make_stream_state(centre, rpo=None, leases=[{"sku": "AKI", "granted": 100, "used": 0}])
    over = {"sku": "AKI", "granted": 50, "used": 0, "expires_at": (NOON - HOUR).isoformat()}
    make_stream_state(make_device(heard_at=NOON), rpo=None, leases=[over])

    inspect_fleet(at=NOON)

    assert keys(SignalRule.OVERSELLING) == []


def test_a_queue_that_will_expire_is_told_with_its_value():
    device = make_device(heard_at=NOON)
    make_stream_state(
        device,
        rpo=None,
        pending_records=4,
        pending_expires_at=NOON + 30 * MINUTE,
        pending_value_minor=123_456_789,
        currency="IDR",
    )

    inspect_fleet(at=NOON)

    signal = Signal.objects.get(rule=SignalRule.QUEUE_EXPIRES)
    assert signal.sums["value_minor"] == 120_000_000


def test_a_hundred_conflicts_on_one_day_are_mass_inconsistency_and_detect_lets_it_stand():
    device = make_device(heard_at=NOON)
    rows = [session(device, NOON - timedelta(days=n), conflicts_flagged=2) for n in range(1, 10)]
    told(*rows, session(device, conflicts_flagged=100))
    raised = keys(SignalRule.MASS_INCONSISTENCY)

    detect(at=NOON)

    assert raised == ["conflicts"]
    assert keys(SignalRule.MASS_INCONSISTENCY) == ["conflicts"]


def test_syncs_by_hand_without_an_order_are_told():
    device = make_device(heard_at=NOON)

    told(session(device, trigger="manual"))

    assert keys(SignalRule.UNAUTHORISED_ACTION) == [device.site.code]
