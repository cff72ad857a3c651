"""The canary: one signal that changes every minute; that it came through is stamped."""

from datetime import timedelta

import pytest

from bcp_portal.engine.health import ROUND_TRIP, canary_age, is_canary_late
from bcp_portal.engine.models import SweepMark
from telemetry.models import Signal
from telemetry.services.canary import send_canary
from telemetry.services.signal import mark_swept
from tests.make_engine import NOON

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def sweep() -> None:
    mark_swept(seen=[(signal.pk, signal.version) for signal in Signal.objects.unswept()])


def test_a_canary_is_sent_for_triage_to_find():
    assert send_canary(at=NOON) == "sent"
    assert Signal.objects.unswept().get().rule == "canary"


def test_a_canary_that_came_through_is_stamped():
    send_canary(at=NOON)
    sweep()

    assert send_canary(at=NOON + 5 * SECOND) == "came through"
    assert canary_age(NOON + MINUTE) == 55
    assert SweepMark.objects.get(name=ROUND_TRIP).took_ms == 5000


def test_a_canary_that_is_stuck_is_not_stamped():
    send_canary(at=NOON)

    assert send_canary(at=NOON + MINUTE) == "not through after 60 s"
    assert canary_age(NOON + MINUTE) is None


def test_the_next_canary_is_the_same_signal():
    send_canary(at=NOON)
    sweep()

    assert send_canary(at=NOON + MINUTE) == "sent"
    assert Signal.objects.get().version == 2


def test_a_chain_that_stopped_is_late():
    send_canary(at=NOON)
    sweep()
    send_canary(at=NOON + SECOND)

    assert not is_canary_late(NOON + MINUTE)
    assert is_canary_late(NOON + 5 * MINUTE)
