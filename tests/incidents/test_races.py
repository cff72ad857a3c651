"""Races that only a row lock or a constraint decides: two real connections, on PostgreSQL."""

import threading

import pytest
from django.db import connection, connections, transaction

from incidents.models import Alert, Incident, RunPhase
from incidents.services.run_step import complete_step
from incidents.services.triage import sweep_signals
from tests.make import NOON, make_site, make_user
from tests.make_incidents import make_run, make_signal, step_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="only PostgreSQL has row locks to test"
    ),
]
LONG_ENOUGH_TO_BE_BLOCKED = 0.5
assert connection is not None


def test_two_people_ticking_the_last_two_steps_open_the_next_phase():
    run = make_run({"Isolate": ["Unplug", "Lock the door"], "Restore": ["Plug in"]})
    actor = make_user()
    first_has_ticked = threading.Event()

    def second_person() -> None:
        first_has_ticked.wait()
        complete_step(step=step_of(run, "Lock the door"), actor=actor, at=NOON)
        connections.close_all()

    other = threading.Thread(target=second_person)
    other.start()
    with transaction.atomic():
        complete_step(step=step_of(run, "Unplug"), actor=actor, at=NOON)
        first_has_ticked.set()
        other.join(timeout=LONG_ENOUGH_TO_BE_BLOCKED)  # still waiting for our lock
    other.join()

    assert RunPhase.objects.get(name="Restore").started_at == NOON


def test_two_workers_sweeping_the_same_signal_make_one_incident():
    make_signal(site=make_site())
    ready = threading.Barrier(2)

    def worker() -> None:
        ready.wait()
        sweep_signals(at=NOON)
        connections.close_all()

    workers = [threading.Thread(target=worker) for _n in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()

    assert Alert.objects.count() == Incident.objects.count() == 1
