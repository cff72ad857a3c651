"""What goes wrong while an incident runs: people leave, plans change, mail refuses, texts attack.

The outcome of each is in the name. Beside these: loops and gaps of a plan in `test_call_lint.py`
and `test_escalation_pages.py`, hostile templates in `test_communication.py`, inner addresses in
`test_delivery.py`, changes of the clock in `test_call_lint.py`, real races in `test_races.py`.
"""

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Job, JobState
from bcp_portal.engine.services.firing import Batch, fire_batch
from bcp_portal.engine.services.working import do_job, take_jobs
from incidents.models import (
    DeliveryStatus,
    Escalation,
    EscalationStatus,
    Incident,
    IncidentRole,
    Notice,
    NoticeKind,
    RunStep,
    TimelineEntry,
)
from incidents.playbooks.plan import StepPlan
from incidents.services.escalation import acknowledge_escalation
from incidents.services.incident import acknowledge_incident, recover_incident, start_response
from incidents.services.notice import write_notice
from incidents.services.playbook import draft_playbook, publish_version
from incidents.services.role import take_command
from incidents.services.run import start_run
from incidents.services.run_step import complete_step
from tests.make import LATER, NOON, make_site, make_user
from tests.make_incidents import make_incident, make_plan, make_policy, make_run, step_of
from tests.servers import private_smtp

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def turn(at):
    """One look of the engine: what is due fires, what waits is done."""
    fire_batch(at=at, batch=Batch())
    for job in take_jobs(at=at, by="test", limit=100):
        do_job(job=job, now=lambda: at)


def turns(begin, end, step):
    at = begin
    while at <= end:
        turn(at)
        at += step


def called():
    calls = Notice.objects.filter(kind=NoticeKind.CALL).order_by("pk")
    return [notice.person for notice in calls]


@pytest.fixture
def refusing(settings):
    """A real mail server that answers 451 to everything until it is told otherwise."""
    with private_smtp() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        sink.refuse_next = 1_000_000
        yield sink


def test_a_mail_server_that_refuses_for_ten_minutes_loses_nothing_and_doubles_nothing(refusing):
    first, second, reader = make_user(), make_user(), make_user()
    make_policy([first], [second])
    incident = make_incident(commander=None)
    news = write_notice(person=reader, kind=NoticeKind.INFO, message="The review is due", at=NOON)

    turns(NOON, NOON + 10 * MINUTE, timedelta(seconds=15))
    refused = [*Notice.objects.filter(kind=NoticeKind.CALL)]
    refusing.refuse_next = 0
    turns(NOON + 10 * MINUTE, NOON + 50 * MINUTE, MINUTE)

    # While it refused, every person was tried and the timeline said so.
    assert {notice.person for notice in refused} >= {first, second}
    entries = " ".join(entry.text for entry in TimelineEntry.objects.filter(incident=incident))
    assert "could not be reached by mail" in entries
    # When it takes mail again, the calls that still matter and the news arrive, once each.
    assert news.deliveries.get().status == DeliveryStatus.SENT
    keys = [mail["X-Siaga-Idempotency-Key"] for mail in refusing.messages]
    assert len(keys) == len(set(keys))
    reached = {mail["To"] for mail in refusing.messages}
    assert {first.email, second.email, reader.email} <= reached
    assert Job.objects.filter(kind="incidents.delivery", state=JobState.WAITING).count() == 0


def test_a_plan_that_loops_through_people_who_all_left_calls_the_fallback_once_a_round():
    leaver, other, fallback = make_user(), make_user(), make_user()
    make_policy([leaver], [other], fallback=fallback, repeat_count=3)
    for person in (leaver, other):
        person.is_active = False
        person.save()
    make_incident(commander=None)

    turns(NOON, NOON + 9 * MINUTE, MINUTE)

    assert called().count(fallback) == 1
    turns(NOON + 10 * MINUTE, NOON + 60 * MINUTE, MINUTE)
    assert 4 <= called().count(fallback) <= 6
    assert Escalation.objects.filter(status=EscalationStatus.RUNNING).count() == 1


def test_whoever_leaves_before_the_turn_comes_is_passed_over_for_the_next():
    first, leaver, third = make_user(), make_user(), make_user()
    make_policy([first], [leaver], [third])
    make_incident(commander=None)
    turn(NOON)
    leaver.is_active = False
    leaver.save()

    turns(NOON + 10 * MINUTE, NOON + 11 * MINUTE, MINUTE)

    reached = {mail.person for mail in Notice.objects.filter(deliveries__isnull=False)}
    assert third in reached
    assert leaver not in reached


def test_a_person_with_a_part_in_an_incident_cannot_be_deleted_only_leave():
    commander = make_user(Role.INCIDENT_COMMANDER)
    make_incident(commander=commander)

    with pytest.raises(ProtectedError):
        commander.delete()


def test_whoever_is_moved_to_another_site_no_longer_works_on_what_the_move_took_away(client):
    here, there = make_site(), make_site()
    person = make_user(Role.RESPONDER)
    duty = SiteAssignment.objects.create(user=person, site=here)
    run = make_run({"Look": ["Read the alert"]}, sites=[here])
    client.force_login(person)
    page = reverse("incidents:detail", args=[run.incident.code])
    assert client.get(page).status_code == 200

    duty.site = there
    duty.save()
    step = step_of(run, "Read the alert")
    answer = client.post(reverse("incidents:step_complete", args=[step.pk]))

    assert client.get(page).status_code == 404
    assert answer.status_code == 404
    step.refresh_from_db()
    assert not step.is_settled


def test_a_playbook_changed_in_mid_run_leaves_the_run_as_it_began_and_serves_the_next():
    plan = make_plan({"Look": ["Read the alert", "Ring the site"]})
    old = publish_version(
        version=draft_playbook(plan=plan, actor=None, at=NOON), actor=None, at=NOON
    )
    run = start_run(incident=make_incident(), version=old, actor=make_user(), at=NOON)
    complete_step(step=step_of(run, "Read the alert"), actor=make_user(), at=NOON)

    changed = make_plan({"Look": ["Something else"]}, code=plan.code)
    new = publish_version(
        version=draft_playbook(plan=changed, actor=None, at=LATER), actor=None, at=LATER
    )
    complete_step(step=step_of(run, "Ring the site"), actor=make_user(), at=LATER)
    again = start_run(incident=make_incident(), version=new, actor=make_user(), at=LATER)

    assert [step.text for step in RunStep.objects.filter(phase__run=run).order_by("position")] == [
        "Read the alert",
        "Ring the site",
    ]
    assert [step.text for step in RunStep.objects.filter(phase__run=again)] == ["Something else"]


@pytest.mark.parametrize("order", ["answer first", "recovery first"])
def test_an_answer_and_a_recovery_at_the_same_instant_end_in_recovered_and_silence(order):
    first, second, boss = make_user(), make_user(), make_user(Role.INCIDENT_COMMANDER)
    make_policy([first], [second])
    incident = make_incident(commander=None)
    turn(NOON)
    escalation = Escalation.objects.get()
    start = lambda: start_response(incident=incident, actor=None, at=LATER)  # noqa: E731
    answer = lambda: acknowledge_escalation(  # noqa: E731
        escalation=escalation, actor=first, at=LATER
    )
    recover = lambda: recover_incident(incident=incident, actor=boss, at=LATER)  # noqa: E731

    for move in (start, *((answer, recover) if order == "answer first" else (recover, answer))):
        move()
    turns(LATER, LATER + 30 * MINUTE, MINUTE)

    incident.refresh_from_db()
    assert incident.recovered_at == LATER
    assert called() == [first]
    assert not Escalation.objects.filter(status=EscalationStatus.RUNNING).exists()


def test_of_two_who_take_command_at_once_the_last_holds_it_and_the_first_is_told():
    incident = make_incident(commander=None)
    one, two = make_user(Role.INCIDENT_COMMANDER), make_user(Role.INCIDENT_COMMANDER)

    take_command(incident=incident, actor=one, at=NOON)
    take_command(incident=Incident.objects.get(pk=incident.pk), actor=two, at=NOON)

    held = IncidentRole.objects.filter(incident=incident, role="commander")
    assert [role.user for role in held.filter(ended_at=None)] == [two]
    assert [role.user for role in held.exclude(ended_at=None)] == [one]
    assert Notice.objects.filter(person=one, incident=incident).exists()


def test_a_person_who_travels_to_another_zone_is_called_at_the_same_moments():
    first, second = make_user(), make_user()
    make_policy([first], [second])
    make_incident(commander=None)
    turn(NOON)
    second.time_zone = "Asia/Jayapura"
    second.save()

    turns(NOON + 9 * MINUTE, NOON + 10 * MINUTE, MINUTE)

    call = Notice.objects.get(person=second)
    assert call.created_at == NOON + 10 * MINUTE


def test_hostile_words_in_titles_steps_and_notes_stay_words(client):
    boss = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(boss)
    attack = "<script>alert(1)</script>{{ request.user.password }}{% debug %}INC-1<b>"
    run = make_run({"Look": [StepPlan(text=attack, instructions=attack)]}, commander=boss)
    incident = run.incident
    Incident.objects.filter(pk=incident.pk).update(title=attack)
    client.post(reverse("incidents:note", args=[incident.code]), {"text": attack})
    acknowledge_incident(incident=incident, actor=boss, at=NOON)

    html = client.get(
        reverse("incidents:detail", args=[incident.code]), {"whole": 1}
    ).content.decode()

    assert "<script>alert(1)" not in html
    assert "INC-1<b>" not in html
    assert boss.password not in html
    assert "{{ request.user.password }}" in html
