"""Sweeps: one runner at a time, a mark for each that went well, and none for the others."""

from datetime import timedelta

import pytest

from bcp_portal.engine import schedule
from bcp_portal.engine.models import SweepMark, SweepTurn
from bcp_portal.engine.schedule import Sweep
from bcp_portal.engine.services.sweeping import begin_sweep, run_due_worker_sweeps, run_sweep
from tests.make_engine import LATER, NOON, SOON

pytestmark = pytest.mark.django_db

runs: list[str] = []


def count(*, at):
    runs.append("count")
    return f"{len(runs)} so far"


def fail(*, at):
    raise ValueError("broken")


COUNT = Sweep("test.count", f"{__name__}.count", every_s=1)
FAIL = Sweep("test.fail", f"{__name__}.fail", every_s=1)


@pytest.fixture(autouse=True)
def no_runs():
    runs.clear()


def run(sweep, at=NOON):
    return run_sweep(sweep=sweep, now=lambda: at, gap_s=1)


def test_a_sweep_says_when_it_ran_and_what_it_found():
    run(COUNT)

    mark = SweepMark.objects.get(name="test.count")
    assert (mark.ran_at, mark.outcome, mark.runs) == (NOON, "1 so far", 1)


def test_a_sweep_is_not_run_twice_within_its_period():
    run(COUNT)
    run(COUNT, at=NOON + timedelta(milliseconds=500))

    assert len(runs) == 1


def test_a_sweep_that_fails_leaves_no_mark():
    run(FAIL)

    assert not SweepMark.objects.exists()


def test_a_sweep_that_failed_is_run_again():
    run(FAIL)

    assert begin_sweep(name="test.fail", gap_s=1, at=SOON)


def test_a_sweep_whose_runner_died_is_taken_over():
    begin_sweep(name="test.count", gap_s=1, at=NOON)

    assert not begin_sweep(name="test.count", gap_s=1, at=NOON + timedelta(seconds=5))
    assert begin_sweep(name="test.count", gap_s=1, at=NOON + timedelta(seconds=9))


def test_a_turn_from_before_the_clock_jumped_back_does_not_bind():
    begin_sweep(name="test.count", gap_s=1, at=LATER)

    assert begin_sweep(name="test.count", gap_s=1, at=NOON)


def test_a_worker_runs_only_its_own_sweeps(monkeypatch):
    mine = Sweep("test.mine", f"{__name__}.count", every_s=60, by="worker")
    monkeypatch.setattr(schedule, "SWEEPS", (COUNT, mine))

    run_due_worker_sweeps(now=lambda: NOON)
    run_due_worker_sweeps(now=lambda: SOON)

    assert list(SweepTurn.objects.values_list("name", flat=True)) == ["test.mine"]
    assert len(runs) == 1
