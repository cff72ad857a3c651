"""Two known faults of others, as checks that are seen to fail on the wrong order.

(a) A call is marked as sent before it is sent: whoever dies in between has called nobody.
(b) A fact is committed and its message published afterwards: whoever dies in between tells nobody.
"""

import signal

import pytest

pytestmark = pytest.mark.faults

RIGHT = "tests.faults.wrong.sent_before_it_is_marked"
WRONG = "tests.faults.wrong.marked_before_it_is_sent"


def check_that_no_call_is_marked_but_unsent(place, *, handler):
    """Kill a caller the moment before the call goes out; then let everything come to rest."""
    place.environment["SCENARIO_CALL"] = handler
    slow = place.raise_flag("slow")
    place.add_calls(1)
    first = place.engine("engine-1")
    lingering = place.folder / "scenario" / f"lingering-{first.pid}"
    place.until(lingering.exists, "the call was not begun")
    first.kill()
    slow.unlink()
    place.engine("engine-2")
    place.until(lambda: not place.unfinished(), "the call is neither made nor given up")
    place.wait_for_cycles(3)

    marked = place.number("SELECT count(*) FROM engine_job WHERE state = 'done'")
    assert len({call["key"] for call in place.sent()}) == marked, "marked, but never sent"


def check_that_every_fact_is_told(place, *, published):
    """Kill whoever declares it right after the commit; then let everything come to rest."""
    assert place.run("-m", "tests.faults.wrong", published) == -signal.SIGKILL
    place.engine()
    place.wait_for_cycles(5)
    place.until(lambda: not place.unfinished(), "the call is neither made nor given up")

    declared = place.number("SELECT count(*) FROM live_liveevent WHERE topic LIKE 'declared:%%'")
    assert declared == 1
    assert len({call["key"] for call in place.sent()}) == declared, "committed, but never told"


def test_no_call_is_marked_before_it_is_sent(place):
    check_that_no_call_is_marked_but_unsent(place, handler=RIGHT)


def test_the_check_fails_on_a_call_that_is_marked_before_it_is_sent(place):
    with pytest.raises(AssertionError, match="marked, but never sent"):
        check_that_no_call_is_marked_but_unsent(place, handler=WRONG)


def test_every_committed_fact_is_told_though_its_teller_died(place):
    check_that_every_fact_is_told(place, published="with-the-fact")


def test_the_check_fails_on_a_fact_that_is_published_after_its_commit(place):
    with pytest.raises(AssertionError, match="committed, but never told"):
        check_that_every_fact_is_told(place, published="after-the-fact")
