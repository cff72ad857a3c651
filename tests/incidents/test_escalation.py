"""Escalation: somebody is called until somebody answers, each rung once, nobody forgotten."""

from datetime import timedelta

import pytest

from bcp_portal.accounts.models import ContactMethod
from bcp_portal.engine.models import Deadline, DeadlineState
from bcp_portal.engine.services.deadline import set_deadline
from incidents.models import (
    Delivery,
    DeliveryStatus,
    Escalation,
    EscalationFiring,
    EscalationStatus,
    Incident,
    Notice,
    NoticeKind,
    TimelineEntry,
)
from incidents.services.escalation import acknowledge_escalation, fire_level
from incidents.services.guard import answer_due, guard_incidents, repair_incident
from incidents.services.incident import (
    acknowledge_incident,
    call_off_incident,
    recover_incident,
    start_response,
)
from tests.make import LATER, NOON, make_user
from tests.make_incidents import TEN_MINUTES, make_incident, make_policy

pytestmark = pytest.mark.django_db


def fire_due(at):
    """What the engine does: each deadline of an escalation that is due fires once."""
    due = Deadline.objects.due(at).filter(kind="incidents.escalation")
    for deadline in due:
        fire_level(deadline=deadline, at=at)
        Deadline.objects.filter(pk=deadline.pk, state=DeadlineState.WAITING).update(
            state=DeadlineState.FIRED, fired_at=at
        )


def called():
    calls = Notice.objects.filter(kind=NoticeKind.CALL).order_by("pk")
    return [notice.person for notice in calls]


def test_a_declared_incident_calls_the_first_rung():
    first, second = make_user(), make_user()
    make_policy([first], [second])
    make_incident(commander=None)

    fire_due(NOON)

    assert called() == [first]
    assert Delivery.objects.get().status == DeliveryStatus.QUEUED


def test_nobody_answers_and_the_next_rung_is_called():
    first, second = make_user(), make_user()
    make_policy([first], [second])
    make_incident(commander=None)

    fire_due(NOON)
    fire_due(NOON + timedelta(minutes=9))
    fire_due(NOON + TEN_MINUTES)

    assert called() == [first, second]


def test_a_rung_that_fires_twice_calls_once():
    make_policy([make_user()], [make_user()])
    make_incident(commander=None)
    deadline = Deadline.objects.get(kind="incidents.escalation")

    fire_level(deadline=deadline, at=NOON)
    fire_level(deadline=deadline, at=NOON)

    assert len(called()) == EscalationFiring.objects.count() == 1


def test_an_answer_stops_the_calls():
    first = make_user()
    make_policy([first], [make_user()])
    incident = make_incident(commander=None)
    fire_due(NOON)

    acknowledge_escalation(escalation=Escalation.objects.get(), actor=first, at=NOON)
    fire_due(LATER)

    incident.refresh_from_db()
    assert called() == [first]
    assert (incident.acknowledged_at, incident.acknowledged_by) == (NOON, first)


def test_an_answer_takes_back_what_has_not_left_yet():
    first, second = make_user(), make_user()
    make_policy([first, second])
    make_incident(commander=None)
    fire_due(NOON)

    acknowledge_escalation(escalation=Escalation.objects.get(), actor=first, at=NOON)

    assert set(Delivery.objects.values_list("status", flat=True)) == {DeliveryStatus.CANCELLED}


def test_resolved_beats_a_late_answer():
    first = make_user()
    make_policy([first])
    incident = start_response(incident=make_incident(commander=None), actor=None, at=NOON)
    escalation = Escalation.objects.get()
    recover_incident(incident=incident, actor=make_user(), at=NOON)

    acknowledge_escalation(escalation=escalation, actor=first, at=LATER)

    escalation.refresh_from_db()
    incident.refresh_from_db()
    assert escalation.status == EscalationStatus.STOPPED
    assert incident.acknowledged_at is None


def test_a_false_alarm_stops_the_calls():
    make_policy([make_user()])
    incident = make_incident(commander=None)

    call_off_incident(incident=incident, actor=make_user(), at=NOON, reason="test of the cable")
    fire_due(LATER)

    assert called() == []


def test_a_rung_with_nobody_reachable_calls_the_fallback_and_says_so():
    reachable, lost, fallback = make_user(), make_user(), make_user()
    make_policy([lost], [reachable], fallback=fallback)
    ContactMethod.objects.filter(user=lost).update(is_active=False)
    make_incident(commander=None)

    fire_due(NOON)

    assert called() == [lost, fallback]
    assert EscalationFiring.objects.get().is_fallback
    assert TimelineEntry.objects.filter(message__startswith="Nobody on level").exists()


def test_a_rung_with_nobody_reachable_does_not_wait():
    reachable, lost = make_user(), make_user()
    make_policy([lost], [reachable])
    ContactMethod.objects.filter(user=lost).update(is_active=False)
    make_incident(commander=None)

    fire_due(NOON)
    fire_due(NOON)

    assert called()[-1] == reachable


def test_without_any_policy_those_who_command_are_called():
    boss = make_user(is_superuser=True)
    make_incident(commander=None)

    fire_due(NOON)

    assert called() == [boss]


def test_everybody_called_in_vain_begins_again():
    only = make_user()
    make_policy([only], repeat_count=0)
    make_incident(commander=None)
    fire_due(NOON)

    assert Escalation.objects.running().count() == 1

    fire_due(LATER)
    assert called() == [only, only]


def test_one_answer_settles_every_round_of_the_same_call():
    only = make_user()
    make_policy([only], repeat_count=0)
    make_incident(commander=None)
    fire_due(NOON)
    exhausted = Escalation.objects.get(status=EscalationStatus.EXHAUSTED)

    acknowledge_escalation(escalation=exhausted, actor=only, at=NOON)

    assert not Escalation.objects.running().exists()


def test_after_an_outage_of_our_own_the_rungs_do_not_fall_at_once():
    first, second, third = make_user(), make_user(), make_user()
    make_policy([first], [second], [third])
    make_incident(commander=None)
    late = NOON + timedelta(hours=5)

    fire_due(late)
    fire_due(late)

    assert called() == [first]
    assert EscalationFiring.objects.get().lateness_s == 5 * 3600
    assert Escalation.objects.get().next_due_at == late + TEN_MINUTES


def test_an_edited_policy_changes_nothing_under_way():
    first, second = make_user(), make_user()
    policy = make_policy([first], [second])
    make_incident(commander=None)
    policy.levels.all().delete()

    fire_due(NOON)
    fire_due(NOON + TEN_MINUTES)

    assert called() == [first, second]


def test_an_open_incident_that_was_left_alone_is_called_for_again():
    make_policy([make_user()])
    incident = make_incident(commander=None)
    Escalation.objects.all().delete()

    guard_incidents(at=LATER)

    assert Escalation.objects.running().get().incident == incident
    assert TimelineEntry.objects.filter(message__startswith="Nobody had this incident").exists()


def test_an_incident_whose_commander_has_left_is_called_for_again():
    make_policy([make_user()])
    commander = make_user()
    make_incident(commander=commander)
    commander.is_active = False
    commander.save()

    guard_incidents(at=LATER)

    assert Escalation.objects.running().count() == 1


def test_the_guard_leaves_attended_incidents_alone():
    make_policy([make_user()])
    make_incident()
    make_incident(commander=None)

    assert guard_incidents(at=LATER) == "0 repaired"


def test_an_incident_that_was_taken_meanwhile_is_not_repaired():
    make_policy([make_user()])
    incident = make_incident()

    assert repair_incident(incident=incident, at=LATER) is False


def test_saying_i_have_it_stops_every_call():
    make_policy([make_user()])
    incident = make_incident(commander=None)
    person = make_user()

    acknowledge_incident(incident=incident, actor=person, at=NOON)

    assert not Escalation.objects.running().exists()
    assert Incident.objects.get().acknowledged_by == person


def test_a_deadline_of_an_older_round_is_ignored():
    make_policy([make_user()])
    make_incident(commander=None)
    escalation = Escalation.objects.get()
    stale = set_deadline(
        kind="incidents.escalation", subject_id=escalation.pk, epoch=99, due_at=NOON, at=NOON
    )

    fire_level(deadline=stale, at=NOON)

    assert called() == []


def answered_and_forgotten():
    person = make_user()
    make_policy([person])
    incident = make_incident(commander=None)
    fire_due(NOON)
    acknowledge_escalation(escalation=Escalation.objects.get(), actor=person, at=NOON)
    return incident, Deadline.objects.get(kind="incidents.answer_due")


def test_an_answer_that_is_forgotten_does_not_end_the_calls():
    incident, deadline = answered_and_forgotten()

    answer_due(deadline=deadline, at=LATER)

    assert Escalation.objects.running().get().incident == incident


def test_whoever_answered_and_began_is_left_in_peace():
    incident, deadline = answered_and_forgotten()
    start_response(incident=incident, actor=incident.acknowledged_by or make_user(), at=NOON)

    answer_due(deadline=deadline, at=LATER)

    assert not Escalation.objects.running().exists()
