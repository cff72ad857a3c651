"""kill -9 in the middle of a wave: what was half done never happened, and is done once."""

import signal

import pytest

pytestmark = pytest.mark.faults
BEGIN = """
import os, signal, sys
import django
django.setup()
from telemetry.models import SiteState
from telemetry.services import wave_step
from tests.make import NOON
from tests.telemetry.orders.test_waves import MINUTE, approve, make_plan, make_waiting
"""
DRAINED = """
make_waiting(10)
other = make_waiting(20)
approve(make_plan())
SiteState.objects.exclude(site=other).update(pending_records=0)
for minute in (1, 6):
    wave_step.advance_waves(at=NOON + minute * MINUTE)
"""
# The very last thing that the start of a wave does, before its commit.
DIES = """
wave_step._tell = lambda *_args, **_fields: os.kill(os.getpid(), signal.SIGKILL)
wave_step.advance_waves(at=NOON + 7 * MINUTE)
"""
AGAIN = """
wave_step.advance_waves(at=NOON + 8 * MINUTE)
wave_step.advance_waves(at=NOON + 8 * MINUTE)
"""
COUNTS = (
    "SELECT count(*) FROM telemetry_order WHERE action = 'permit'",
    "SELECT max(epoch) FROM telemetry_desiredstate",
    "SELECT count(*) FROM audit_auditrow",
    "SELECT count(*) FROM telemetry_wave WHERE status = 'waiting'",
)


def test_a_wave_cut_short_by_kill_9_is_started_once(place):
    assert place.run("-c", BEGIN + DRAINED) == 0
    before = [place.number(question) for question in COUNTS]

    assert place.run("-c", BEGIN + DIES) == -signal.SIGKILL

    assert [place.number(question) for question in COUNTS] == before

    assert place.run("-c", BEGIN + AGAIN) == 0
    waves = place.sql("SELECT status FROM telemetry_wave ORDER BY position")
    assert [status for (status,) in waves] == ["passed", "running"]
    assert place.number(COUNTS[0]) == before[0] + 1
    assert place.run("manage.py", "verify_audit") == 0
