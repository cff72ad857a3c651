"""A host whose clock jumps: on PostgreSQL nothing changes, on SQLite nothing happens twice."""

import signal

import pytest

pytestmark = pytest.mark.faults

RUNS, STEPS = 20, 3
PROGRAM = "tests/faults/jumping_engine.py"
HALF_AN_HOUR = 1800.0


def test_a_clock_that_jumps_back_neither_stops_the_engine_nor_repeats_a_step(place):
    place.raise_flag("steps-call")
    engine = place.engine(program=PROGRAM)
    place.add_runs(RUNS, steps=STEPS)
    place.until(lambda: place.steps_done() > 5, "the engine does not fire")

    engine.popen.send_signal(signal.SIGUSR1)

    place.until(lambda: place.steps_done() >= RUNS * STEPS, "the engine stopped at the jump")
    place.until(lambda: not place.unfinished(), "calls were lost at the jump")
    place.wait_for_cycles(3)
    assert place.steps_done() == RUNS * STEPS
    assert place.doubles() == []
    noticed = "clock jumped" in engine.log.read_text()
    assert noticed is not place.is_postgres


def test_a_clock_that_jumps_ahead_fires_early_only_where_it_is_the_only_clock(place):
    engine = place.engine(program=PROGRAM)
    place.wait_for_cycles(1)
    place.add_runs(5, steps=1, due_in=HALF_AN_HOUR)

    engine.popen.send_signal(signal.SIGUSR2)

    if place.is_postgres:
        place.wait_for_cycles(4)
        assert place.steps_done() == 0
    else:
        place.until(lambda: place.steps_done() >= 5, "nothing is due by the only clock")
        place.wait_for_cycles(2)
        assert place.doubles() == []
