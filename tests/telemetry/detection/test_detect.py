"""From silence and content to signals: what is claimed, what is kept, what is let go."""

from datetime import timedelta

import pytest

from assets.models import PlannedWindow
from telemetry.models import (
    DeviceState,
    NodeState,
    ObserverProbe,
    ObserverState,
    Sample,
    Signal,
    SignalRule,
    SiteState,
    StreamState,
    SyncSession,
)
from telemetry.models.observer import Sight
from telemetry.services.detection import detect
from tests.make import NOON, make_device, make_region, make_site, make_stream_state

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def witnesses(*, answer: bool, at=NOON) -> None:
    for number in range(3):
        ObserverProbe.objects.update_or_create(
            witness=f"tcp://w{number}:1", defaults={"probed_at": at, "is_ok": answer}
        )


def fleet(count=30, *, heard_at=NOON, **site):
    regions = [make_region(), make_region(), make_region()]
    return [
        make_device(
            heard_at=heard_at,
            site=make_site(region=regions[n % 3], provider=f"P{n % 7}", **site),
        )
        for n in range(count)
    ]


def hear(devices, at) -> None:
    DeviceState.objects.filter(device__in=devices).update(last_received_at=at)


def open_rules():
    return sorted(Signal.objects.open().values_list("rule", flat=True))


def test_a_site_is_suspect_before_it_is_offline():
    quiet, *others = fleet()
    hear(others, NOON + 3 * MINUTE)

    detect(at=NOON + 3 * MINUTE)

    assert quiet.state.__class__.objects.get(pk=quiet.pk).node_state == NodeState.SUSPECT
    assert open_rules() == []


def test_a_site_that_stays_silent_is_one_signal():
    quiet, *others = fleet()
    for minutes in (5, 6, 7):
        hear(others, NOON + minutes * MINUTE)
        detect(at=NOON + minutes * MINUTE)

    signal = Signal.objects.get()

    assert (signal.rule, signal.key) == (SignalRule.SITE_SILENT, quiet.site.code)
    assert signal.began_at == NOON
    assert signal.version == 1


def test_a_signal_is_let_go_when_the_site_is_heard_again():
    quiet, *others = fleet()
    hear(others, NOON + 5 * MINUTE)
    detect(at=NOON + 5 * MINUTE)
    raised = open_rules()

    hear([quiet, *others], NOON + 6 * MINUTE)
    detect(at=NOON + 6 * MINUTE)

    assert raised == [SignalRule.SITE_SILENT]
    assert open_rules() == []


def test_a_returning_device_is_connected_until_it_has_synchronised():
    device = make_device(heard_at=NOON, node_state=NodeState.OFFLINE)
    state = make_stream_state(device, rpo=None, pending_records=5, last_sync_ok_at=None)

    detect(at=NOON)
    connected = DeviceState.objects.get(pk=device.pk).node_state
    StreamState.objects.filter(pk=state.pk).update(last_sync_ok_at=NOON + MINUTE)
    hear([device], NOON + MINUTE)
    detect(at=NOON + MINUTE)

    assert connected == NodeState.CONNECTED
    assert DeviceState.objects.get(pk=device.pk).node_state == NodeState.ONLINE


def test_one_heartbeat_is_not_enough_to_be_back():
    device = make_device(heard_at=NOON, node_state=NodeState.OFFLINE)
    DeviceState.objects.update(heartbeats_since_return=1)

    detect(at=NOON)

    assert DeviceState.objects.get(pk=device.pk).node_state == NodeState.CONNECTED


def test_a_silent_region_is_one_signal_for_all_its_sites():
    devices = fleet()
    region = devices[0].site.region
    others = [device for device in devices if device.site.region_id != region.pk]
    hear(others, NOON + 4 * MINUTE)

    detect(at=NOON + 4 * MINUTE)

    signal = Signal.objects.get()
    assert (signal.rule, signal.key) == (SignalRule.NETWORK_OUTAGE, f"region:{region.code}")
    assert signal.sums["k"] == signal.sums["n"] == 10
    assert signal.sums["chance"] < 1e-19
    assert len(signal.site_ids) == 10


def test_a_network_signal_stays_until_most_of_its_sites_are_back():
    devices = fleet()
    region = devices[0].site.region
    down = [device for device in devices if device.site.region_id == region.pk]
    others = [device for device in devices if device.site.region_id != region.pk]
    hear(others, NOON + 4 * MINUTE)
    detect(at=NOON + 4 * MINUTE)

    later = NOON + 8 * MINUTE
    hear([*others, *down[:6]], later)
    detect(at=later)
    half_back = open_rules()
    hear(devices[:], later + 4 * MINUTE)
    detect(at=later + 4 * MINUTE)

    assert half_back == [SignalRule.NETWORK_OUTAGE]
    assert open_rules() == []


def test_an_outage_is_not_told_again_under_another_name():
    region = make_region()
    down = [
        make_device(heard_at=NOON, site=make_site(region=region, shard="east" if n < 7 else "van"))
        for n in range(8)
    ]
    others = fleet(heard_at=NOON)
    hear([*others, down[7]], NOON + 4 * MINUTE)
    detect(at=NOON + 4 * MINUTE)

    hear([*others], NOON + 9 * MINUTE)
    detect(at=NOON + 9 * MINUTE)
    hear([*others, *down[5:]], NOON + 10 * MINUTE)
    detect(at=NOON + 10 * MINUTE)

    signal = Signal.objects.get()
    assert signal.key == f"region:{region.code}"
    assert len(signal.site_ids) == 8


def test_failures_of_an_outage_that_is_over_raise_nothing():
    device = make_device(heard_at=NOON, node_state=NodeState.OFFLINE)
    make_stream_state(device, rpo=None, pending_records=5, consecutive_failures=9)

    detect(at=NOON)
    hear([device], NOON + MINUTE)
    detect(at=NOON + MINUTE)

    assert open_rules() == []


def test_everybody_silent_and_no_witness_answering_means_that_we_are_blind():
    fleet()
    later = NOON + 4 * MINUTE
    witnesses(answer=False, at=later)

    detect(at=later)

    assert ObserverState.objects.get().sight == Sight.BLIND
    assert open_rules() == [SignalRule.PORTAL_BLIND]
    assert set(SiteState.objects.values_list("node_state", flat=True)) == {NodeState.UNKNOWN}


def test_everybody_silent_while_the_world_answers_is_our_own_door():
    fleet()
    later = NOON + 4 * MINUTE
    witnesses(answer=True, at=later)

    detect(at=later)

    assert open_rules() == [SignalRule.INGRESS_DOWN]


def test_a_quorum_of_sites_that_cannot_reach_the_centre_means_that_it_is_down():
    devices = fleet()
    DeviceState.objects.filter(device__in=devices[:20]).update(reach={"central": {"ok": False}})
    DeviceState.objects.filter(device__in=devices[20:]).update(reach={"central": {"ok": True}})
    witnesses(answer=True)

    detect(at=NOON)

    assert open_rules() == [SignalRule.CENTRAL_DOWN]


def test_a_planned_window_raises_nothing():
    quiet, *others = fleet()
    PlannedWindow.objects.create(
        site=quiet.site, rrule="", starts_at=NOON, duration=timedelta(hours=2), reason="night"
    )
    hear(others, NOON + 10 * MINUTE)

    detect(at=NOON + 10 * MINUTE)

    assert open_rules() == []
    assert DeviceState.objects.get(pk=quiet.pk).node_state == NodeState.PLANNED_OFFLINE


def test_silence_is_no_alarm_where_offline_is_normal():
    _quiet, *others = fleet(offline_is_normal=True)
    hear(others, NOON + 10 * MINUTE)

    detect(at=NOON + 10 * MINUTE)

    assert open_rules() == []


def test_an_rpo_breach_is_told_before_it_happens():
    device = make_device(heard_at=NOON + 50 * MINUTE)
    make_stream_state(device, rpo=timedelta(hours=1), pending_records=3, oldest_pending_at=NOON)

    detect(at=NOON + 40 * MINUTE)
    early = open_rules()
    detect(at=NOON + 50 * MINUTE)
    predicted = open_rules()
    detect(at=NOON + 61 * MINUTE)

    assert early == []
    assert predicted == [SignalRule.RPO_PREDICTED]
    assert SignalRule.RPO_BREACHED in open_rules()
    assert SignalRule.RPO_PREDICTED not in open_rules()


def test_the_rpo_clock_runs_on_while_the_site_is_dark():
    quiet, *others = fleet()
    make_stream_state(quiet, rpo=timedelta(hours=1), pending_records=3, oldest_pending_at=NOON)
    hear(others, NOON + 59 * MINUTE)

    detect(at=NOON + 59 * MINUTE)

    predicted = Signal.objects.get(rule=SignalRule.RPO_PREDICTED)
    assert predicted.parent_key == f"site_silent:{quiet.site.code}"
    assert SiteState.objects.get(pk=quiet.site_id).rpo_due_at == NOON + timedelta(hours=1)


def test_an_rpo_that_nobody_set_is_unknown_and_not_fine():
    device = make_device(heard_at=NOON)
    make_stream_state(device, rpo=None, pending_records=3, oldest_pending_at=NOON)

    detect(at=NOON)

    state = SiteState.objects.get()
    assert not state.rpo_is_known
    assert state.rpo_due_at is None


def mismatch(device, *, started_at, is_mismatch=True, number=1, received_at=NOON):
    return SyncSession.objects.create(
        device=device,
        session_id=f"00000000-0000-0000-0000-{number:012d}",
        stream_name="sales",
        direction="push",
        started_at=started_at,
        outcome="ok",
        is_mismatch=is_mismatch,
        received_at=received_at,
        digest_after={"value": "aa", "rows": 3},
        digest_peer_after={"value": "bb"},
    )


def test_a_checksum_mismatch_is_a_signal_until_a_later_sync_agrees():
    device = make_device(heard_at=NOON)
    mismatch(device, started_at=NOON)

    detect(at=NOON)
    first = open_rules()
    mismatch(device, started_at=NOON + MINUTE, is_mismatch=False, number=2)
    detect(at=NOON + MINUTE)

    assert first == [SignalRule.CHECKSUM_MISMATCH]
    assert open_rules() == []


def test_a_failed_sync_does_not_hide_a_mismatch():
    device = make_device(heard_at=NOON)
    mismatch(device, started_at=NOON)
    failed = mismatch(device, started_at=NOON + MINUTE, is_mismatch=False, number=2)
    failed.digest_peer_after = {}
    failed.save()

    detect(at=NOON + MINUTE)

    assert open_rules() == [SignalRule.CHECKSUM_MISMATCH]


def test_a_late_report_of_a_repaired_mismatch_raises_nothing():
    device = make_device(heard_at=NOON)
    mismatch(device, started_at=NOON, is_mismatch=False, number=2)
    mismatch(device, started_at=NOON - 30 * MINUTE, number=1)

    detect(at=NOON)

    assert open_rules() == []


def test_mismatches_at_three_sites_within_the_hour_are_one_thing():
    for number, device in enumerate(fleet(4)[:3]):
        mismatch(device, started_at=NOON, number=number)

    detect(at=NOON)

    assert open_rules().count(SignalRule.MASS_INCONSISTENCY) == 1
    parents = Signal.objects.filter(rule=SignalRule.CHECKSUM_MISMATCH)
    assert {signal.parent_key for signal in parents} == {"mass_inconsistency:fleet"}


def test_the_first_verdict_stays_and_the_sites_own_evidence_is_added():
    quiet, *others = fleet()
    hear(others, NOON + 5 * MINUTE)
    detect(at=NOON + 5 * MINUTE)
    Sample.objects.create(
        device=quiet, boot_id=quiet.node_id, seq=1, kind="heartbeat", content_hash="x",
        sampled_at=NOON + 2 * MINUTE, received_at=NOON + 6 * MINUTE,
        body={"reach": {"gateway": {"ok": True}, "internet": {"ok": False}}},
    )  # fmt: skip

    hear([quiet, *others], NOON + 6 * MINUTE)
    detect(at=NOON + 6 * MINUTE)
    detect(at=NOON + 6 * MINUTE)

    signal = Signal.objects.get()
    assert signal.sums["amendment"] == {"cause": "provider", "agreeing": 1, "asked": 1}
    assert signal.sums["last_heard_at"] == NOON.isoformat()


def test_a_link_that_flaps_is_one_unstable_link_and_no_site_alarm():
    flapper, *others = fleet()
    at = NOON
    for step in range(60):
        at += 4 * MINUTE
        hear(others, at)
        if step % 2:
            hear([flapper], at)
        detect(at=at)

    assert open_rules() == [SignalRule.FLAPPING_LINK]


def test_a_quiet_pass_writes_nothing(django_assert_max_num_queries):
    fleet()
    detect(at=NOON)
    detect(at=NOON + timedelta(seconds=1))

    with django_assert_max_num_queries(22) as queries:
        detect(at=NOON + timedelta(seconds=2))

    writes = [q["sql"] for q in queries if q["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    assert writes == []
