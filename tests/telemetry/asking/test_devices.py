"""Rules about machines: posture, backups, silence, lost samples, slow applications."""

from datetime import timedelta

import pytest

from telemetry.detection.asking.staleness import working_hours
from telemetry.detection.board import Place
from telemetry.detection.tuning import Numbers
from telemetry.models import (
    DeviceState,
    NodeState,
    RuleSetting,
    SequenceLedger,
    Signal,
    SignalRule,
    SiteSpan,
)
from telemetry.services.inspection import inspect_fleet
from telemetry.wording import explain_sums, signal_title
from tests.make import NOON, make_device, make_site, make_stream_state
from tests.make_telemetry import BOOT

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def tell(device, **columns) -> None:
    DeviceState.objects.filter(pk=device.pk).update(**columns)


def open_keys(rule):
    return sorted(Signal.objects.open().filter(rule=rule).values_list("key", flat=True))


def test_a_machine_without_encryption_drifts_and_comes_back():
    device = make_device(heard_at=NOON)
    told = {"at": NOON.isoformat(), "disk_encrypted": False, "av_signature_age_h": 900}
    tell(device, posture=told)
    inspect_fleet(at=NOON)
    signal = Signal.objects.get()

    tell(device, posture={"at": NOON.isoformat(), "disk_encrypted": True})
    inspect_fleet(at=NOON + HOUR)

    assert signal.rule == SignalRule.POSTURE_DRIFT
    assert "the disk is not encrypted" in explain_sums(signal.sums)
    assert "virus signatures are 900 hours old" in explain_sums(signal.sums)
    assert open_keys(SignalRule.POSTURE_DRIFT) == []


def test_a_clinic_must_be_in_the_tunnel_and_a_shop_need_not():
    for sector in ("health", "retail"):
        device = make_device(heard_at=NOON, site=make_site(code=sector, sector=sector))
        tell(device, posture={"at": NOON.isoformat(), "vpn_up": False})

    inspect_fleet(at=NOON)

    assert [key.split("/")[0] for key in open_keys(SignalRule.POSTURE_DRIFT)] == ["health"]


def test_a_posture_of_last_month_says_nothing_about_today():
    device = make_device(heard_at=NOON)
    tell(device, posture={"at": (NOON - 30 * DAY).isoformat(), "disk_encrypted": False})

    inspect_fleet(at=NOON)

    assert not Signal.objects.exists()


def test_a_rule_that_is_off_at_a_site_says_nothing_there():
    device = make_device(heard_at=NOON)
    tell(device, posture={"at": NOON.isoformat(), "disk_encrypted": False})
    inspect_fleet(at=NOON)
    raised = open_keys(SignalRule.POSTURE_DRIFT)
    RuleSetting.objects.create(
        rule=SignalRule.POSTURE_DRIFT, site=device.site, is_on=False, changed_at=NOON
    )

    inspect_fleet(at=NOON + HOUR)

    assert len(raised) == 1
    assert open_keys(SignalRule.POSTURE_DRIFT) == []


@pytest.mark.parametrize(
    ("backup", "sentence"),
    [
        ({"last_ok_at": (NOON - 40 * HOUR).isoformat()}, "last good backup"),
        ({"last_ok_at": NOON.isoformat(), "encrypted": False}, "the backup is not encrypted"),
        ({"target": "none"}, "no backup was ever told of"),
    ],
)
def test_a_backup_that_is_not_as_it_must_be_is_told_with_the_reason(backup, sentence):
    device = make_device(heard_at=NOON)
    tell(device, backup=backup)

    inspect_fleet(at=NOON)

    signal = Signal.objects.get()
    assert signal.rule == SignalRule.BACKUP_OVERDUE
    assert any(sentence in line for line in explain_sums(signal.sums))


def test_a_young_encrypted_backup_on_external_media_is_fine_in_retail():
    shop = make_site(sector="retail")
    good, wrong = make_device(heard_at=NOON, site=shop), make_device(heard_at=NOON, site=shop)
    young = {"last_ok_at": (NOON - HOUR).isoformat(), "encrypted": True}
    tell(good, backup=young | {"target": "external_media"})
    tell(wrong, backup=young | {"target": "local_disk"})

    inspect_fleet(at=NOON)

    assert open_keys(SignalRule.BACKUP_OVERDUE) == [f"{shop.code}/{wrong.name}"]


def test_times_in_another_zone_are_the_same_moments():
    device = make_device(heard_at=NOON)
    # 07:00 on the next day in Jakarta is midnight in UTC: thirty-four hours ago.
    tell(device, backup={"last_ok_at": "2026-03-01T09:00:00+07:00", "encrypted": True})

    inspect_fleet(at=NOON)

    assert not Signal.objects.exists()


def test_a_device_silent_through_working_hours_beside_a_speaking_one_is_missing():
    site = make_site(time_zone="Asia/Jakarta")
    gone = make_device(heard_at=NOON - 6 * HOUR, site=site, node_state=NodeState.OFFLINE)
    make_device(heard_at=NOON, site=site)
    alone = make_device(heard_at=NOON - 6 * HOUR, node_state=NodeState.OFFLINE)

    inspect_fleet(at=NOON)

    assert open_keys(SignalRule.DEVICE_MISSING) == [f"{site.code}/{gone.name}"]
    assert alone.site_id != site.pk


def test_the_last_device_of_a_site_that_returns_from_an_outage_is_not_missing():
    site = make_site(time_zone="UTC")
    last = make_device(heard_at=NOON - 4 * HOUR, site=site, node_state=NodeState.OFFLINE)
    first = make_device(heard_at=NOON, site=site)
    gone, back = NOON - 4 * HOUR, NOON - HOUR / 60
    SiteSpan.objects.create(site=site, state=NodeState.OFFLINE, began_at=gone, ended_at=back)
    SiteSpan.objects.create(site=site, state=NodeState.CONNECTED, began_at=back)

    inspect_fleet(at=NOON)
    assert open_keys(SignalRule.DEVICE_MISSING) == []

    # Two working hours beside a neighbour that speaks are another matter.
    tell(first, last_received_at=NOON + 3 * HOUR)
    inspect_fleet(at=NOON + 3 * HOUR)
    assert open_keys(SignalRule.DEVICE_MISSING) == [f"{site.code}/{last.name}"]


def test_only_working_hours_count():
    # NOON is 19:00 in Jakarta on a Monday; shops there work from 8 to 17.
    place = Place(1, "S", "S", 1, "", 3, "Asia/Jakarta")
    numbers = Numbers(True, {"opens": 8, "closes": 17, "workdays": 6})

    assert working_hours(NOON - 2 * HOUR, NOON, place, numbers) == 0
    assert working_hours(NOON - 4 * HOUR, NOON, place, numbers) == 2
    assert working_hours(NOON - 2 * DAY - 2 * HOUR, NOON, place, numbers) == 9


def test_a_device_that_is_quiet_for_a_month_is_stale_not_missing():
    site = make_site()
    make_device(heard_at=NOON, site=site)
    old = make_device(heard_at=NOON - 40 * DAY, site=site, node_state=NodeState.STALE)

    inspect_fleet(at=NOON)

    assert open_keys(SignalRule.STALE_DEVICE) == [f"{site.code}/{old.name}"]
    assert open_keys(SignalRule.DEVICE_MISSING) == []


def test_old_data_from_a_device_that_speaks_is_told():
    device = make_device(heard_at=NOON)
    state = make_stream_state(device, rpo=None, sampled_at=NOON - 7 * HOUR)

    inspect_fleet(at=NOON)

    assert open_keys(SignalRule.STALE_DATA) == [f"{device.site.code}:{state.stream.name}"]


def ledger(device, received, dropped=()):
    tell(device, boot_id=BOOT)
    return SequenceLedger.objects.create(
        device=device,
        boot_id=BOOT,
        received=received,
        dropped=list(dropped),
        first_received_at=NOON,
        last_received_at=NOON,
    )


def test_samples_that_wait_nowhere_are_lost():
    device = make_device(heard_at=NOON)
    ledger(device, [[1, 100], [141, 200]])
    tell(device, agent={"outbox_items": 3})

    inspect_fleet(at=NOON)

    signal = Signal.objects.get()
    assert (signal.rule, signal.sums["lost"]) == (SignalRule.TELEMETRY_LOSS, 40)
    assert "40 samples never came: 101–140" in explain_sums(signal.sums)


@pytest.mark.parametrize(("dropped", "outbox"), [([[101, 140]], 0), ([], 60), ([], None)], ids=str)
def test_what_was_declared_or_may_still_come_is_not_lost(dropped, outbox):
    device = make_device(heard_at=NOON)
    ledger(device, [[1, 100], [141, 200]], dropped)
    tell(device, agent={} if outbox is None else {"outbox_items": outbox})

    inspect_fleet(at=NOON)

    assert not Signal.objects.exists()


def test_a_slow_application_is_let_go_later_than_it_is_told():
    device = make_device(heard_at=NOON)
    seen = []
    for p95 in (2900, 3500, 2600, 2000):
        tell(device, app={"p95_ms": p95, "version": "1.4"})
        inspect_fleet(at=NOON)
        seen.append(len(open_keys(SignalRule.SLOW_APP)))

    assert seen == [0, 1, 1, 0]


def test_a_few_errors_of_a_few_transactions_are_no_share():
    device = make_device(heard_at=NOON)
    tell(device, app={"errors_5m": 1, "tx_5m": 3})
    inspect_fleet(at=NOON)
    none = open_keys(SignalRule.SLOW_APP)
    tell(device, app={"errors_5m": 30, "tx_5m": 300})
    inspect_fleet(at=NOON)

    assert (none, len(open_keys(SignalRule.SLOW_APP))) == ([], 1)


def test_titles_name_the_device():
    device = make_device(heard_at=NOON)
    tell(device, contradictions=2)

    inspect_fleet(at=NOON)

    assert device.name in signal_title(Signal.objects.get(rule=SignalRule.TAMPERING))
