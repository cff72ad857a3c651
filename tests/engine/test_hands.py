"""Hands: work of one name never runs twice at once, and a failure does not cost a hand."""

import threading

from bcp_portal.engine.hands import Hands

LONG_ENOUGH = 10.0


def test_work_of_one_name_never_runs_twice_at_once():
    hands, going = Hands("test", 2), threading.Event()

    given = [hands.give("slow", lambda: going.wait(LONG_ENOUGH)) for _ in range(2)]
    going.set()

    assert given == [True, False]
    assert hands.close(within=LONG_ENOUGH)


def test_a_bug_does_not_cost_a_hand():
    hands, done = Hands("test", 1), threading.Event()

    hands.give("bug", lambda: 1 / 0)
    hands.give("fine", done.set)

    assert done.wait(LONG_ENOUGH)
    hands.close(within=LONG_ENOUGH)


def test_hanging_work_does_not_hold_up_the_end():
    hands, never = Hands("test", 1), threading.Event()
    hands.give("hangs", never.wait)

    assert not hands.close(within=0.1)
    never.set()
