"""After the portal itself was stopped: nobody is silent because nobody listened."""

from datetime import timedelta

import pytest

from bcp_portal.engine.models import SweepMark
from telemetry.models import DeviceState, NodeState, ObserverState, Signal, SignalRule, SiteState
from telemetry.models.observer import Sight
from telemetry.services.detection import detect
from tests.make import NOON, make_device, make_site, make_stream_state

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
AWAKE = NOON + 30 * MINUTE


@pytest.fixture
def devices():
    """Sites with sales that wait, heard until the portal was stopped at noon."""
    found = [make_device(heard_at=NOON, site=make_site()) for _ in range(10)]
    for device in found:
        make_stream_state(device=device, rpo=5 * MINUTE, oldest_pending_at=NOON, pending_records=3)
    sweep(NOON)
    return found


def sweep(at) -> None:
    """One pass of detection, as the engine makes and marks it."""
    detect(at=at)
    SweepMark.objects.update_or_create(name="telemetry.detect", defaults={"ran_at": at, "runs": 1})


def hear(devices, at) -> None:
    """They are heard, and nothing waits any more."""
    for device in devices:
        DeviceState.objects.filter(device=device).update(last_received_at=at)
        device.stream_states.update(oldest_pending_at=None, pending_records=0)


def test_a_portal_that_was_stopped_raises_nothing_until_its_sites_had_time_to_speak(devices):
    sweep(AWAKE)
    assert ObserverState.objects.get().sight == Sight.WAKING
    assert set(SiteState.objects.values_list("node_state", flat=True)) == {NodeState.UNKNOWN}

    hear(devices, AWAKE + MINUTE)
    sweep(AWAKE + MINUTE)

    assert ObserverState.objects.get().sight == Sight.UNWATCHED
    assert not Signal.objects.exists()


def test_a_single_shop_is_not_alarmed_by_the_restart_of_its_portal():
    make_device(heard_at=NOON, site=make_site())
    sweep(NOON)

    sweep(AWAKE)

    assert not Signal.objects.exists()
    assert SiteState.objects.get().node_state == NodeState.UNKNOWN


def test_who_does_not_speak_after_the_restart_either_is_told(devices):
    quiet, *others = devices
    sweep(AWAKE)
    hear(others, AWAKE + 2 * MINUTE)
    sweep(AWAKE + 2 * MINUTE)

    hear(others, AWAKE + 4 * MINUTE)
    sweep(AWAKE + 4 * MINUTE)

    rules = Signal.objects.open().values_list("rule", "site__code")
    assert (SignalRule.SITE_SILENT, quiet.site.code) in rules
    assert (SignalRule.RPO_BREACHED, quiet.site.code) in rules
    assert {code for _rule, code in rules} == {quiet.site.code}


def test_when_nobody_speaks_after_the_restart_our_own_link_is_down(devices):
    for minutes in range(4):
        sweep(AWAKE + minutes * MINUTE)

    assert [signal.rule for signal in Signal.objects.open()] == [SignalRule.PORTAL_BLIND]


def test_a_second_restart_gives_them_the_time_again(devices):
    sweep(AWAKE)

    sweep(AWAKE + 30 * MINUTE)

    assert ObserverState.objects.get().sight == Sight.WAKING
    assert not Signal.objects.exists()


def test_while_our_own_link_is_down_no_rpo_is_said_to_be_exceeded(devices):
    for minutes in range(1, 20):
        sweep(NOON + minutes * MINUTE)

    assert ObserverState.objects.get().sight == Sight.BLIND
    assert not Signal.objects.filter(rule=SignalRule.RPO_BREACHED).exists()
