"""The doctor: absent is said, broken is said and fails."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bcp_portal import diagnosis
from bcp_portal.engine.health import CYCLE
from bcp_portal.engine.models import CallHold, SweepMark

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    # No worker runs beside the suite; asking for one costs two seconds each time.
    monkeypatch.setattr(diagnosis.celery.control, "ping", lambda **_: [])


def find(part: str) -> diagnosis.Finding:
    return next(one for one in diagnosis.diagnose(NOON).findings if one.part == part)


@pytest.mark.durable
def test_the_durability_is_read_from_the_real_database(on_postgres):
    finding = find("durability")

    assert finding.state == "ok"
    assert ("fsync on" if on_postgres else "synchronous 2") in finding.says


def test_a_silent_engine_breaks_the_promise_of_calling_in_time():
    SweepMark.objects.create(name=CYCLE, ran_at=NOON.replace(hour=8), runs=1)

    said = diagnosis.diagnose(NOON)

    assert said.is_broken
    assert next(one for one in said.promises if one.code == "P3").verdict == "not kept"


def test_an_engine_that_never_ran_is_absent_and_not_broken():
    assert find("engine").state == "absent"


def test_redis_that_does_not_answer_is_broken(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert find("live bus").state == "broken"


def test_held_calls_are_said():
    CallHold.objects.create(reason="restored", held_at=NOON)

    assert "held" in find("calls").says


def test_the_audit_guard_is_seen():
    assert find("audit guard").state == "ok"


def test_every_promise_of_the_design_has_a_verdict():
    assert [one.code for one in diagnosis.diagnose(NOON).promises] == [
        f"P{number}" for number in range(1, 9)
    ]


@pytest.mark.durable
def test_programs_get_the_same_as_one_json_object():
    out = StringIO()

    call_command("doctor", "--json", stdout=out)

    said = json.loads(out.getvalue())
    assert said["broken"] is False
    assert said["profile"] in ("embedded", "production")


def test_the_command_fails_when_something_is_broken(settings):
    settings.DEBUG = True

    with pytest.raises(CommandError, match="broken"):
        call_command("doctor", stdout=StringIO())
