"""The loop: fires, takes what no worker took, starts sweeps, stamps its pulse."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from bcp_portal.engine import clock, loop, schedule
from bcp_portal.engine.health import CYCLE, engine_pulse
from bcp_portal.engine.loop import Engine
from bcp_portal.engine.models import DeadlineState, Job, JobState, SweepMark
from bcp_portal.engine.schedule import Sweep
from tests.make_engine import make_deadline, make_job

pytestmark = pytest.mark.django_db


def nothing(*, at: datetime) -> str:
    return "nothing"


class AtOnce:
    """Hands that do what they are given before they return."""

    free = 4

    def __init__(self, *_):
        pass

    def give(self, _name, work):
        work()
        return True


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(schedule, "SWEEPS", ())
    monkeypatch.setattr(loop, "Hands", AtOnce)
    return Engine("test")


def test_a_turn_fires_what_is_due_and_stamps_the_pulse(engine):
    deadline = make_deadline(due_at=clock.now())

    turn = engine.turn()

    deadline.refresh_from_db()
    assert (turn.steps, deadline.state) == (1, DeadlineState.FIRED)
    assert SweepMark.objects.get(name=CYCLE).outcome == "1 steps, 0 jobs, 0 sweeps"
    assert engine_pulse(clock.now()).is_fresh


def test_what_no_worker_has_taken_in_two_seconds_the_engine_does(engine):
    left = make_job(due_at=clock.now() - timedelta(seconds=3))
    fresh = make_job(due_at=clock.now())

    engine.turn()

    assert Job.objects.get(pk=left.pk).state == JobState.DONE
    assert Job.objects.get(pk=fresh.pk).state == JobState.WAITING


def test_a_turn_runs_the_engines_sweeps_when_they_are_due(engine, monkeypatch):
    sweep = Sweep("test.nothing", f"{__name__}.nothing", every_s=60)
    monkeypatch.setattr(schedule, "SWEEPS", (sweep,))

    started = [engine.turn().sweeps for _ in range(2)]

    assert started == [1, 0]
    assert SweepMark.objects.get(name="test.nothing").outcome == "nothing"


def test_a_bell_runs_a_sweep_before_its_period_is_over(engine, monkeypatch):
    sweep = Sweep("test.nothing", f"{__name__}.nothing", every_s=3600, on_bell=True)
    monkeypatch.setattr(schedule, "SWEEPS", (sweep,))
    monkeypatch.setattr(loop, "BELL_GAP_S", 0.0)
    monkeypatch.setattr(loop, "REST_AFTER_BELL", 0.0)

    engine.turn()
    engine.turn(rung=True)

    assert SweepMark.objects.get(name="test.nothing").runs == 2


def test_a_bell_that_comes_too_soon_is_owed_and_not_forgotten(engine, monkeypatch):
    sweep = Sweep("test.nothing", f"{__name__}.nothing", every_s=3600, on_bell=True)
    monkeypatch.setattr(schedule, "SWEEPS", (sweep,))
    monkeypatch.setattr(loop, "BELL_GAP_S", 3600.0)

    engine.turn()
    engine.turn(rung=True)

    assert SweepMark.objects.get(name="test.nothing").runs == 1
    assert engine._owes_bell


def test_a_fresh_sweep_of_the_worker_is_left_to_the_worker(engine, monkeypatch):
    sweep = Sweep("test.nothing", f"{__name__}.nothing", every_s=60, by="worker")
    monkeypatch.setattr(schedule, "SWEEPS", (sweep,))

    assert engine.turn().sweeps == 0


def test_a_late_sweep_of_the_worker_is_run_by_the_engine(engine, monkeypatch):
    sweep = Sweep("test.nothing", f"{__name__}.nothing", every_s=60, by="worker")
    monkeypatch.setattr(schedule, "SWEEPS", (sweep,))
    engine._began -= 1000

    assert engine.turn().sweeps == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_neither_ends_the_engine_nor_stamps_its_pulse(engine, monkeypatch, caplog):
    def lost(**_):
        raise OperationalError("gone")

    monkeypatch.setattr(loop, "fire_due", lost)

    for _ in range(3):
        engine._guarded_turn(rung=False)

    assert not SweepMark.objects.exists()
    assert sum("lost the database" in line for line in caplog.messages) == 1


def test_a_clock_that_jumps_back_is_noticed(engine, monkeypatch, caplog):
    engine.turn()
    monkeypatch.setattr(clock, "now", lambda: datetime.now().astimezone() - timedelta(hours=1))

    engine.turn()

    assert any("clock jumped" in line for line in caplog.messages)
