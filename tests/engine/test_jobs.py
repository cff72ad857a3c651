"""Jobs: leased, done at least once, and the repeat knows that it is one."""

from datetime import timedelta

import pytest

from bcp_portal.engine.models import CallHold, JobState
from bcp_portal.engine.schedule import HELD_KINDS, JOB_BACK_OFF
from bcp_portal.engine.services.clockwork import bring_back
from bcp_portal.engine.services.job import cancel_jobs
from bcp_portal.engine.services.working import do_job, take_jobs, work_on
from bcp_portal.live.models import LiveEvent
from tests.make_engine import LATER, NOON, SOON, called, make_job, trouble

pytestmark = pytest.mark.django_db


def take(*, at=SOON, **options):
    return take_jobs(at=at, by="me", limit=10, **options)


def test_a_job_is_done_once():
    job = make_job()

    outcomes = [work_on(job_id=job.pk, now=lambda: SOON) for _ in range(2)]

    assert outcomes == ["done", "taken by somebody else"]
    assert called == [("call", job.subject_id, False)]


def test_the_same_work_is_queued_once_while_it_is_unfinished():
    first, second = make_job(key="k"), make_job(key="k")

    assert first.pk == second.pk


def test_finished_work_can_be_asked_for_again():
    first = make_job(key="k")
    work_on(job_id=first.pk, now=lambda: SOON)

    assert make_job(key="k").pk != first.pk


def test_a_leased_job_is_left_to_whoever_took_it():
    make_job()

    assert len(take()) == 1
    assert take() == []


def test_a_job_whose_worker_died_is_done_again_and_told_so():
    make_job()
    take()

    (again,) = take(at=LATER)
    do_job(job=again, now=lambda: LATER)

    assert again.unknown_ends == 1
    assert called[0][2] is True


def test_a_worker_that_comes_back_late_does_not_mark_what_another_has_taken():
    make_job()
    (slow,) = take()
    (other,) = take(at=LATER)

    assert do_job(job=slow, now=lambda: LATER) == "done too late"
    assert do_job(job=other, now=lambda: LATER) == "done"


def test_a_failed_attempt_is_put_off():
    job = make_job()
    trouble[job.subject_id] = ConnectionError("refused")

    work_on(job_id=job.pk, now=lambda: SOON)

    job.refresh_from_db()
    assert (job.state, job.due_at) == (JobState.WAITING, SOON + timedelta(seconds=2))
    assert job.last_error == "ConnectionError: refused"


def test_an_attempt_that_timed_out_may_have_got_through():
    job = make_job()
    trouble[job.subject_id] = TimeoutError()
    work_on(job_id=job.pk, now=lambda: SOON)
    trouble.clear()

    work_on(job_id=job.pk, now=lambda: LATER)

    assert called[-1] == ("call", job.subject_id, True)


@pytest.mark.parametrize("error", [OSError("unreachable"), ValueError("a bug")])
def test_after_the_last_attempt_what_follows_is_written(error):
    job = make_job()
    trouble[job.subject_id] = error
    at = SOON
    for _ in range(len(JOB_BACK_OFF) + 1):
        work_on(job_id=job.pk, now=lambda at=at: at)
        at += timedelta(minutes=2)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert LiveEvent.objects.filter(topic=f"gave-up:{job.subject_id}").count() == 1


def test_work_that_keeps_killing_its_worker_is_given_up():
    make_job()
    at = SOON
    for _ in range(7):
        (job,) = take(at=at)
        at += timedelta(minutes=2)

    assert do_job(job=job, now=lambda: at) == "failed"
    assert called == []


def test_work_that_nobody_has_begun_can_be_cancelled():
    job = make_job()

    assert cancel_jobs(kind=job.kind, subject_id=job.subject_id) == 1
    assert take() == []


def test_with_grace_only_what_workers_left_lying_is_taken():
    make_job()

    assert take(grace=timedelta(seconds=2)) == []
    assert len(take(at=NOON + timedelta(seconds=2), grace=timedelta(seconds=2))) == 1


def test_while_calls_are_held_nobody_is_called():
    kind = min(HELD_KINDS)
    make_job(kind=kind)
    other = make_job()
    CallHold.objects.create(reason="restored", held_at=NOON)

    assert [job.pk for job in take()] == [other.pk]


def test_a_lease_from_before_the_clock_jumped_back_does_not_bind():
    make_job()
    take(at=LATER)

    assert len(take(at=SOON)) == 1


def test_retries_come_forward_when_the_clock_has_jumped_back():
    job = make_job(due_at=LATER)
    trouble[job.subject_id] = OSError()
    work_on(job_id=job.pk, now=lambda: LATER)

    bring_back(at=SOON)

    assert len(take()) == 1


def test_work_queued_by_a_clock_that_was_ahead_does_not_wait_for_it():
    job = make_job()
    type(job).objects.update(queued_at=LATER, due_at=LATER)

    bring_back(at=SOON)

    assert len(take()) == 1
