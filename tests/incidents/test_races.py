"""Races that only a row lock or a constraint decides: two real connections, on PostgreSQL."""

import threading

import pytest
from django.db import connection, connections, transaction

from bcp_portal.engine.models import Deadline, DeadlineState
from bcp_portal.engine.services.firing import Batch, fire_batch
from incidents.models import (
    Alert,
    Escalation,
    EscalationStatus,
    Incident,
    IncidentRole,
    IncidentStatus,
    RunPhase,
)
from incidents.services.escalation import acknowledge_escalation
from incidents.services.incident import recover_incident, start_response
from incidents.services.role import take_command
from incidents.services.run_step import complete_step
from incidents.services.triage import sweep_signals
from tests.make import NOON, make_site, make_user
from tests.make_incidents import make_incident, make_policy, make_run, make_signal, step_of

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


def both_at_once(first, second):
    """Run two verbs on two connections at the same moment."""
    ready = threading.Barrier(2)

    def run(move):
        ready.wait()
        move()
        connections.close_all()

    threads = [threading.Thread(target=run, args=[move]) for move in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_answer_and_a_recovery_that_meet_leave_it_recovered_and_nobody_called():
    person, boss = make_user(), make_user()
    make_policy([person], [make_user()])
    incident = make_incident(commander=None)
    fire_batch(at=NOON, batch=Batch())
    start_response(incident=incident, actor=None, at=NOON)
    escalation = Escalation.objects.get()

    both_at_once(
        lambda: acknowledge_escalation(escalation=escalation, actor=person, at=NOON),
        lambda: recover_incident(incident=incident, actor=boss, at=NOON),
    )

    incident.refresh_from_db()
    escalation.refresh_from_db()
    assert incident.status == IncidentStatus.RECOVERED
    assert escalation.status in (EscalationStatus.ACKNOWLEDGED, EscalationStatus.STOPPED)
    waiting = Deadline.objects.filter(kind="incidents.escalation", state=DeadlineState.WAITING)
    assert not waiting.exists()


def test_two_commanders_at_once_leave_one_in_command_and_both_on_record():
    incident = make_incident(commander=None)
    one, two = make_user(), make_user()

    both_at_once(
        lambda: take_command(incident=Incident.objects.get(), actor=one, at=NOON),
        lambda: take_command(incident=Incident.objects.get(), actor=two, at=NOON),
    )

    incident.refresh_from_db()
    held = IncidentRole.objects.filter(incident=incident, role="commander")
    assert {role.user for role in held} == {one, two}
    assert [role.user for role in held.filter(ended_at=None)] == [incident.commander]
