"""While sites fall silent one by one, the outage is named once, and by its real size."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.models import DeviceState, Signal, SignalRule
from telemetry.services.detection import detect
from tests.make import NOON, make_device, make_region, make_site

pytestmark = pytest.mark.django_db
PERIOD = timedelta(minutes=1)


def province(count=9):
    """Sites of one region; the first seven are a shard, the first five have one provider."""
    region = make_region(name="Jawa Timur")
    return [
        make_device(
            heard_at=NOON,
            site=make_site(
                region=region,
                shard="east" if n < 7 else f"core-{n}",
                provider="Jawanet" if n < 5 else f"Net {n}",
            ),
        )
        for n in range(count)
    ]


def elsewhere(count=20):
    return [make_device(heard_at=NOON, site=make_site(shard=f"s{n}")) for n in range(count)]


def hear(devices, at) -> None:
    DeviceState.objects.filter(device__in=devices).update(last_received_at=at)


def networks():
    return list(Signal.objects.filter(rule=SignalRule.NETWORK_OUTAGE).order_by("pk"))


def test_a_region_that_falls_silent_site_by_site_is_never_told_as_a_part_of_it():
    cut, others = province(), elsewhere()
    for number, device in enumerate(cut):
        # Each beats once a period at its own phase; the cut comes at NOON.
        hear([device], NOON - PERIOD + number * PERIOD / 9)

    for second in range(60, 200, 5):
        at = NOON + timedelta(seconds=second)
        hear(others, at)
        detect(at=at)

    (signal,) = networks()
    assert signal.key == f"region:{cut[0].site.region.code}"
    assert set(signal.site_ids) == {device.site_id for device in cut}


def test_sites_that_were_only_late_do_not_widen_an_outage():
    cut, others = province(12), elsewhere()
    shard, rest = cut[:7], cut[7:]

    for second in range(60, 300, 5):
        at = NOON + timedelta(seconds=second)
        hear(others, at)
        if second % 95 == 0:
            hear(rest, at)  # these beat, only late
        detect(at=at)

    assert [signal.key for signal in networks()] == ["shard:east"]
    assert set(networks()[0].site_ids) == {device.site_id for device in shard}


def test_the_last_site_to_come_back_is_no_outage_of_its_own():
    cut, others = province(), elsewhere()
    for second in range(60, 300, 10):
        hear(others, NOON + timedelta(seconds=second))
        detect(at=NOON + timedelta(seconds=second))

    for second in range(300, 400, 10):
        at = NOON + timedelta(seconds=second)
        hear([*others, *cut[1:]], at)
        detect(at=at)
    hear([*others, *cut], NOON + timedelta(seconds=400))
    detect(at=NOON + timedelta(seconds=400))

    assert [signal.rule for signal in Signal.objects.all()] == [SignalRule.NETWORK_OUTAGE]
    assert not Signal.objects.open().exists()


def test_a_site_that_stays_away_when_the_others_are_back_is_told_alone():
    cut, others = province(), elsewhere()
    for second in range(60, 300, 10):
        hear(others, NOON + timedelta(seconds=second))
        detect(at=NOON + timedelta(seconds=second))

    for second in range(300, 700, 10):
        at = NOON + timedelta(seconds=second)
        hear([*others, *cut[1:]], at)
        detect(at=at)

    assert [signal.rule for signal in Signal.objects.open()] == [SignalRule.SITE_SILENT]


def test_a_pass_costs_as_many_queries_for_sixteen_changed_sites_as_for_four():
    fleet = province(40)
    detect(at=NOON)

    def cost(devices, at):
        hear(fleet, at)
        hear(devices, at - 3 * PERIOD)
        with CaptureQueriesContext(connection) as queries:
            detect(at=at)
        assert DeviceState.objects.filter(node_state="suspect").count() == len(devices)
        # News for open pages are apart: one for each site, up to fifty.
        return sum("state" in query["sql"] for query in queries)

    at = NOON + timedelta(hours=1)
    few = cost(fleet[20:24], at)
    hear(fleet, at + PERIOD)
    detect(at=at + PERIOD)
    assert cost(fleet[20:36], at + timedelta(hours=1)) <= few + 2


def test_a_link_that_was_steady_is_noted_from_its_first_silence_on():
    device, *_others = province(2)
    detect(at=NOON)
    assert DeviceState.objects.get(pk=device.pk).flap_checked_at is None

    detect(at=NOON + 3 * PERIOD)

    assert DeviceState.objects.get(pk=device.pk).flap_bits == 1
