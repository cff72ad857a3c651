"""Engines under fire: no step lost, none doubled, and a stop that is a stop."""

import pytest

pytestmark = pytest.mark.faults

RUNS, STEPS = 24, 3


def test_an_engine_killed_again_and_again_loses_no_step_and_doubles_none(place):
    place.raise_flag("steps-call")
    place.add_runs(RUNS, steps=STEPS)
    for life in range(4):
        engine, done = place.engine(f"engine-{life}"), place.steps_done()
        place.until(
            lambda done=done: place.steps_done() >= min(done + 7, RUNS * STEPS),
            "the engine does not fire",
        )
        engine.kill()
    place.engine("engine-last")

    place.until(lambda: place.steps_done() >= RUNS * STEPS, "steps were lost")
    place.until(lambda: not place.unfinished(), "calls were lost")
    place.wait_for_cycles(3)
    assert place.steps_done() == RUNS * STEPS
    assert place.doubles() == []
    assert place.number("SELECT count(*) FROM audit_auditrow") == RUNS * STEPS
    assert place.run("manage.py", "verify_audit") == 0, "the trail has a gap"


def test_a_call_that_may_have_been_sent_twice_says_so(place):
    place.raise_flag("steps-call")
    place.add_runs(RUNS, steps=1)
    for life in range(3):
        engine, sent = place.engine(f"engine-{life}"), len(place.sent())
        place.until(
            lambda sent=sent: len(place.sent()) > sent or not place.unfinished(),
            "no call goes out",
        )
        engine.kill()
    place.engine("engine-last")
    place.until(lambda: place.steps_done() == RUNS and not place.unfinished(), "calls were lost")

    calls: dict[str, list[bool]] = {}
    for call in place.sent():
        calls.setdefault(call["key"], []).append(call["again"])
    assert len(calls) == RUNS
    assert all(again for repeats in calls.values() for again in repeats[1:])


def test_two_engines_share_the_work_and_the_survivor_finishes_it(place):
    place.add_runs(RUNS, steps=STEPS)
    one, other = place.engine("engine-1"), place.engine("engine-2")

    place.until(lambda: place.steps_done() > RUNS, "two engines do not fire")
    one.kill()
    place.until(lambda: place.steps_done() >= RUNS * STEPS, "the survivor does not finish")

    place.wait_for_cycles(3)
    assert other.is_alive
    assert place.steps_done() == RUNS * STEPS
    assert place.doubles() == []


def test_an_engine_that_is_told_to_stop_stops_while_a_call_hangs(place):
    place.raise_flag("slow")
    place.add_calls(1)
    engine = place.engine()
    place.until(lambda: bool(place.sent()), "the call was not begun")

    assert engine.stop() == 0


def test_with_worker_and_broker_dead_the_engine_calls_people_itself(place):
    if place.redis is not None:
        place.redis.kill()
    place.raise_flag("steps-call")
    place.add_runs(10, steps=1)
    place.engine()

    place.until(lambda: len(place.sent()) >= 10, "nobody was called")
    place.until(lambda: not place.unfinished(), "calls are not marked")
    assert sorted(call["again"] for call in place.sent()) == [False] * 10


def test_the_sweeps_of_a_dead_worker_are_run_by_the_engine(place):
    place.engine()

    place.until(
        lambda: (
            place.number("SELECT count(*) FROM engine_sweepmark WHERE name LIKE 'scenario.%%'") == 2
        ),
        "the worker's sweep is not run",
    )


def test_a_call_that_nobody_takes_is_given_up_and_what_follows_is_written_once(place):
    place.raise_flag("refuse")
    place.add_calls(1)
    # As if all but the last attempt were over: the whole back-off takes two minutes.
    place.sql("UPDATE engine_job SET attempts = 5")
    place.engine()

    place.until(
        lambda: place.number("SELECT count(*) FROM engine_job WHERE state = 'failed'") == 1,
        "it was not given up",
    )
    assert place.number("SELECT count(*) FROM live_liveevent WHERE topic = 'gave-up:1'") == 1
