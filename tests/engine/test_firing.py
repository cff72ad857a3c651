"""Deadlines: a step fires once or was cancelled, and a failing one delays only itself."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline, DeadlineState
from bcp_portal.engine.services import firing
from bcp_portal.engine.services.clockwork import bring_back
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.engine.services.firing import fire_due
from bcp_portal.live.models import LiveEvent
from tests.make_engine import LATER, NOON, SOON, called, make_deadline, trouble

pytestmark = pytest.mark.django_db


def test_a_due_deadline_fires_with_its_effect():
    deadline = make_deadline()

    fire_due(at=SOON)

    deadline.refresh_from_db()
    assert (deadline.state, deadline.fired_at) == (DeadlineState.FIRED, SOON)
    assert LiveEvent.objects.filter(topic=f"step:{deadline.subject_id}").count() == 1


def test_a_fired_deadline_does_not_fire_again():
    make_deadline()

    fire_due(at=SOON)
    fire_due(at=LATER)

    assert len(called) == 1


def test_a_deadline_that_is_not_due_waits():
    make_deadline(due_at=LATER)

    assert fire_due(at=SOON).fired == 0


def test_a_cancelled_deadline_never_fires():
    deadline = make_deadline()
    cancel_deadlines(kind=deadline.kind, subject_id=deadline.subject_id, at=NOON)

    assert fire_due(at=LATER).fired == 0


def test_a_fired_deadline_can_no_longer_be_cancelled():
    deadline = make_deadline()
    fire_due(at=SOON)

    cancelled = cancel_deadlines(kind=deadline.kind, subject_id=deadline.subject_id, at=LATER)

    assert cancelled == 0


def test_the_same_step_promised_twice_is_one_promise():
    first = make_deadline(subject=7)
    second = make_deadline(subject=7, due_at=LATER)

    assert (second.pk, second.due_at) == (first.pk, NOON)


def test_a_failing_step_leaves_nothing_behind_but_its_reason():
    deadline = make_deadline()
    trouble[deadline.subject_id] = ValueError("no such policy")

    fire_due(at=SOON)

    deadline.refresh_from_db()
    assert (deadline.state, deadline.attempts) == (DeadlineState.WAITING, 1)
    assert deadline.last_error == "ValueError: no such policy"
    assert deadline.next_try_at > SOON
    assert deadline.due_at == NOON
    assert not LiveEvent.objects.exists()


def test_a_failing_step_does_not_hold_up_its_neighbours():
    bad, good = make_deadline(), make_deadline()
    trouble[bad.subject_id] = DatabaseError("constraint")

    fire_due(at=SOON)

    good.refresh_from_db()
    assert good.state == DeadlineState.FIRED


def test_a_failed_step_is_tried_again_and_succeeds():
    deadline = make_deadline()
    trouble[deadline.subject_id] = ValueError("not yet")
    fire_due(at=SOON)
    trouble.clear()

    fire_due(at=SOON + timedelta(seconds=2))

    deadline.refresh_from_db()
    assert deadline.state == DeadlineState.FIRED


def test_a_step_that_fails_eight_times_is_shown_as_poisoned_and_still_tried():
    deadline = make_deadline()
    trouble[deadline.subject_id] = ValueError("never")
    at = SOON
    for _ in range(8):
        fire_due(at=at)
        at += timedelta(minutes=2)

    assert Deadline.objects.poisoned().get() == deadline
    trouble.clear()
    assert fire_due(at=at).fired == 1


def test_a_step_of_an_unknown_kind_is_kept_and_says_why():
    deadline = set_deadline(kind="test.unknown", subject_id=1, due_at=NOON, at=NOON)

    fire_due(at=SOON)

    deadline.refresh_from_db()
    assert deadline.last_error == "KeyError: 'test.unknown'"


def test_overdue_steps_of_one_subject_come_one_a_tick():
    for step in range(3):
        make_deadline(subject=7, step=step)

    first = fire_due(at=LATER).fired
    at_once = fire_due(at=LATER + timedelta(milliseconds=100)).fired
    next_tick = fire_due(at=LATER + timedelta(seconds=1)).fired

    assert (first, at_once, next_tick) == (1, 0, 1)
    assert called == [("fire", 7, 0), ("fire", 7, 1)]


def test_a_later_step_does_not_wait_for_an_earlier_one_that_keeps_failing():
    make_deadline(subject=7, step=0)
    make_deadline(subject=7, step=1)
    trouble[7] = ValueError("never")
    fire_due(at=SOON)
    trouble.clear()

    fire_due(at=SOON + timedelta(milliseconds=500))

    assert called[-1] == ("fire", 7, 1)


def test_a_step_cancelled_by_a_neighbour_in_the_same_batch_does_not_fire(monkeypatch):
    _first, second = make_deadline(), make_deadline()

    def cancel_the_other(path):
        cancel_deadlines(kind=second.kind, subject_id=second.subject_id, at=SOON)
        return lambda **_: None

    monkeypatch.setattr(firing, "import_string", cancel_the_other)

    assert fire_due(at=SOON).fired == 1
    second.refresh_from_db()
    assert second.state == DeadlineState.CANCELLED


def test_a_backlog_fires_oldest_first():
    for minute in (3, 1, 2):
        make_deadline(subject=minute, due_at=NOON + timedelta(minutes=minute))

    fire_due(at=LATER)

    assert [subject for _, subject, _ in called] == [1, 2, 3]


def test_a_step_stays_silent_in_the_trail_when_it_fails():
    deadline = make_deadline()
    trouble[deadline.subject_id] = ValueError("no")

    fire_due(at=SOON)

    assert not AuditRow.objects.exists()


def test_a_clock_that_jumped_back_does_not_fire_twice():
    make_deadline(subject=7)
    fire_due(at=LATER)

    fire_due(at=SOON)

    assert len(called) == 1


def test_a_wait_begun_by_a_clock_that_was_ahead_is_not_longer_than_promised():
    five_minutes = timedelta(minutes=5)
    deadline = make_deadline(due_at=LATER + five_minutes)
    Deadline.objects.update(created_at=LATER)

    bring_back(at=SOON)

    deadline.refresh_from_db()
    assert deadline.next_try_at == SOON + five_minutes
    assert deadline.due_at == LATER + five_minutes
