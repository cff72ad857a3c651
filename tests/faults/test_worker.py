"""Workers under fire: a call that was under way is made again, with the same key."""

import os

import pytest

pytestmark = pytest.mark.faults


def test_a_worker_takes_what_a_step_has_queued(place):
    place.raise_flag("steps-call")
    worker, engine = place.worker(), place.engine()
    place.wait_for_cycles(1)
    place.add_runs(5, steps=1)

    place.until(lambda: len(place.sent()) >= 5, "nobody was called")
    doers = {os.getpgid(call["pid"]) for call in place.sent()}
    assert worker.pid in doers
    assert engine.is_alive


def test_a_worker_killed_in_mid_send_has_its_call_made_again_under_the_same_key(place):
    slow = place.raise_flag("slow")
    place.raise_flag("steps-call")
    worker = place.worker()
    place.engine()
    place.add_runs(1, steps=1)
    place.until(lambda: bool(place.sent()), "the call was not begun")

    worker.kill()
    slow.unlink()

    place.until(lambda: not place.unfinished(), "the call was lost")
    keys = {call["key"] for call in place.sent()}
    assert keys == {"call-100"}
    if place.sent()[0]["pid"] == worker.pid:
        assert [call["again"] for call in place.sent()] == [False, True]


def test_workers_and_engine_do_not_make_the_same_call_twice(place):
    place.raise_flag("steps-call")
    place.worker()
    place.engine("engine-1")
    place.engine("engine-2")
    place.add_runs(40, steps=1)

    place.until(lambda: len(place.sent()) >= 40 and not place.unfinished(), "calls were lost")
    place.wait_for_cycles(3)
    assert len(place.sent()) == 40
