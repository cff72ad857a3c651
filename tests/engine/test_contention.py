"""Where the engine and a person want the same rows, the engine steps back."""

import threading

import pytest
from django.db import connection, connections, transaction

from bcp_portal.engine import schedule
from bcp_portal.engine.models import CallHold, Deadline, DeadlineState
from bcp_portal.engine.services.firing import fire_due
from tests.make_engine import LATER, NOON, SOON, called, make_deadline

pytestmark = pytest.mark.django_db(transaction=True)

LONG_ENOUGH = 20.0


def lock_what_the_person_holds(*, deadline, at):
    CallHold.objects.select_for_update().get()


@pytest.fixture(autouse=True)
def only_postgres():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: two never wait for each other's rows")


def in_another_connection(work) -> threading.Thread:
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_step_that_would_wait_for_a_person_is_put_off_and_not_blamed(monkeypatch):
    monkeypatch.setitem(schedule.DEADLINES, "test.step", f"{__name__}.lock_what_the_person_holds")
    hold = CallHold.objects.create(reason="x", held_at=NOON)
    deadline = make_deadline()
    batches = []

    with transaction.atomic():
        CallHold.objects.select_for_update().get(pk=hold.pk)
        in_another_connection(lambda: batches.append(fire_due(at=SOON))).join(LONG_ENOUGH)

    deadline.refresh_from_db()
    assert (batches[0].fired, batches[0].failed, deadline.attempts) == (0, 0, 0)
    assert deadline.state == DeadlineState.WAITING
    assert fire_due(at=LATER).fired == 1


def test_a_step_that_a_person_is_cancelling_is_skipped():
    deadline, other = make_deadline(), make_deadline()
    batches = []

    with transaction.atomic():
        Deadline.objects.select_for_update().get(pk=deadline.pk)
        in_another_connection(lambda: batches.append(fire_due(at=SOON))).join(LONG_ENOUGH)

    other.refresh_from_db()
    assert batches[0].fired == 1
    assert other.state == DeadlineState.FIRED


def test_two_engines_never_claim_the_same_step():
    for _ in range(30):
        make_deadline()
    together = threading.Barrier(2)

    def engine():
        together.wait()
        while fire_due(at=SOON).claimed:
            pass

    threads = [in_another_connection(engine) for _ in range(2)]
    for thread in threads:
        thread.join(LONG_ENOUGH)

    assert len(called) == len(set(called)) == 30
    assert not Deadline.objects.waiting().exists()
