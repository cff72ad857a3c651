"""Exercises: the same code as in earnest, nothing leaves, scored and proven (X2, X3)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from assets.models import Achievement
from bcp_portal.accounts.models import ContactKind, ContactMethod
from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline, Job
from incidents.ical import Event, write_calendar
from incidents.models import (
    ActionItem,
    Exercise,
    ExerciseStatus,
    Incident,
    Notice,
    PlaybookRun,
    RunMode,
)
from incidents.scoring import Candidate, points_for, rank, score_of
from incidents.services.delivery import deliver
from incidents.services.exercise import (
    ExerciseRefusedError,
    cancel_exercise,
    finish_exercise,
    plan_exercise,
    start_exercise,
)
from incidents.services.incident import acknowledge_incident, contain_incident
from incidents.services.inject import add_inject, inject_due
from incidents.services.response import respond_with_playbook
from incidents.services.update import publish_update
from telemetry.models import Signal
from tests.incidents.test_escalation import fire_due
from tests.make import NOON, make_user
from tests.make_assets import make_asset, make_site
from tests.make_incidents import make_policy, make_version

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER, first_name="Dewi")
    client.force_login(user)
    return user


def make_exercise(boss, kind="tabletop", **facts):
    if kind in ("tabletop", "drill") and "playbook" not in facts:
        facts["playbook"] = make_version().playbook
    defaults = {"title": "Region down", "scheduled_for": NOON, "owner": boss}
    return plan_exercise(kind=kind, actor=boss, at=NOON, **(defaults | facts))


def test_points_fall_from_the_limit_to_twice_the_limit():
    limit = timedelta(minutes=10)

    assert points_for(timedelta(minutes=9), limit) == 100
    assert points_for(timedelta(minutes=15), limit) == 50
    assert points_for(timedelta(minutes=40), limit) == 0
    assert points_for(None, limit) == 0
    assert points_for(limit, None) is None
    assert score_of({}, {})["total"] is None


def test_the_next_best_exercise_proves_most_for_each_hour():
    long_one = Candidate("long", (1, 2, 3), hours=8)
    short = Candidate("short", (1, 2), hours=1)
    proven = Candidate("proven", (9,), hours=1)

    best = rank([long_one, short, proven], unproven={1: 4, 2: 1, 3: 1})

    assert [one.candidate.key for one in best] == ["short", "long"]
    assert [one.unproven for one in best] == [(1, 2), (3,)]


def test_a_restore_test_writes_what_it_measured_into_the_ledger(boss):
    asset = make_asset()
    exercise = make_exercise(boss, kind="restore", assets=[asset])
    start_exercise(exercise=exercise, actor=boss, commander=boss, at=NOON)

    done = finish_exercise(
        exercise=exercise,
        actor=boss,
        at=NOON + 60 * MINUTE,
        recovered_in=42 * MINUTE,
        data_lost=5 * MINUTE,
    )

    proof = {row.measure: row for row in Achievement.objects.filter(asset=asset)}
    assert proof["rto"].achieved == 42 * MINUTE
    assert proof["rpo"].achieved == 5 * MINUTE
    assert {row.source_kind for row in proof.values()} == {"restore_test"}
    assert done.incident.status == "closed"


def test_talking_at_a_table_proves_no_recovery(boss):
    exercise = make_exercise(boss, assets=[make_asset()])
    start_exercise(exercise=exercise, actor=boss, commander=boss, at=NOON)

    finish_exercise(exercise=exercise, actor=boss, at=NOON + 60 * MINUTE)

    assert not Achievement.objects.exists()


def test_what_was_broken_off_proves_nothing_and_leaves_nothing_open(boss):
    exercise = make_exercise(boss, kind="restore", assets=[make_asset()])
    start_exercise(exercise=exercise, actor=boss, commander=boss, at=NOON)

    cancel_exercise(exercise=exercise, actor=boss, at=NOON + MINUTE, reason="Fire alarm")

    assert not Achievement.objects.exists()
    assert not Incident.objects.open().exists()


def test_a_drill_opens_its_incident_from_simulated_telemetry_apart_from_the_real_one(boss):
    sites = [make_site(), make_site()]
    exercise = make_exercise(boss, kind="drill", sites=sites)

    begun = start_exercise(exercise=exercise, actor=boss, at=NOON)

    assert begun.incident.mode == RunMode.EXERCISE
    assert begun.incident.sites.count() == 2
    assert Incident.objects.count() == 1
    assert set(Signal.objects.values_list("is_exercise", flat=True)) == {True}
    finish_exercise(exercise=begun, actor=boss, at=NOON + MINUTE)
    assert not Signal.objects.open().exists()


def test_an_inject_comes_at_its_moment_and_is_marked_as_an_exercise(boss):
    exercise = make_exercise(boss)
    add_inject(exercise=exercise, after=10 * MINUTE, text="The press calls", actor=boss, at=NOON)
    begun = start_exercise(exercise=exercise, actor=boss, commander=boss, at=NOON)
    deadline = Deadline.objects.get(kind="incidents.inject_due")
    assert deadline.due_at == NOON + 10 * MINUTE

    inject_due(deadline=deadline, at=deadline.due_at)

    assert begun.injects.get().given_at == deadline.due_at
    notice = Notice.objects.filter(incident=begun.incident).latest("pk")
    assert notice.text == "EXERCISE. Inject: The press calls"


def test_nothing_of_a_whole_exercise_leaves_the_building(boss, hook_server):
    for number, user in enumerate((boss, make_user(Role.INCIDENT_COMMANDER))):
        for kind, address in (
            (ContactKind.WEBHOOK, f"{hook_server.url}/{number}"),
            (ContactKind.CHAT, f"json://127.0.0.1:{hook_server.server.server_port}/{number}"),
            (ContactKind.MAIL, user.email),
        ):
            ContactMethod.objects.update_or_create(user=user, kind=kind, address=address)
    make_policy([boss], [boss], fallback=boss)
    exercise = make_exercise(boss, kind="drill", sites=[make_site()])
    add_inject(exercise=exercise, after=MINUTE, text="More", actor=boss, at=NOON)
    begun = start_exercise(exercise=exercise, actor=boss, at=NOON)
    fire_due(NOON)
    fire_due(NOON + 11 * MINUTE)
    incident = begun.incident
    acknowledge_incident(incident=incident, actor=boss, at=NOON + 12 * MINUTE)
    respond_with_playbook(
        incident=incident, playbook=exercise.playbook, actor=boss, at=NOON + 13 * MINUTE
    )
    for audience in ("users", "management"):
        publish_update(
            incident=incident, audience=audience, text="Told", actor=boss, at=NOON + 14 * MINUTE
        )

    jobs = list(Job.objects.filter(kind="incidents.delivery"))
    for job in jobs:
        deliver(subject_id=job.subject_id, at=NOON + 15 * MINUTE, again=False)

    assert jobs
    assert (mail.outbox, hook_server.got) == ([], [])
    assert set(Notice.objects.values_list("mode", flat=True)) == {RunMode.EXERCISE}
    assert PlaybookRun.objects.get().mode == RunMode.EXERCISE


def test_the_score_stands_beside_that_of_the_last_time(client, boss):
    plan = make_version().playbook
    now = timezone.now()
    for number, minutes in enumerate((40, 10)):
        began = now - timedelta(days=10 - number)
        exercise = make_exercise(boss, playbook=plan, recover_within=20 * MINUTE)
        begun = start_exercise(exercise=exercise, actor=boss, commander=boss, at=began)
        contain_incident_of(begun, boss, began + minutes * MINUTE / 2)
        finish_exercise(exercise=begun, actor=boss, at=began + minutes * MINUTE)
    last = Exercise.objects.latest("pk")

    page = client.get(reverse("incidents:exercise", args=[last.code]))

    recover = next(row for row in page.context["page"].measures if row.line.name == "recover")
    assert (recover.line.points, recover.last.points, recover.better_by) == (100, 0, 100)


def contain_incident_of(exercise, actor, at):
    respond_with_playbook(
        incident=exercise.incident, playbook=exercise.playbook, actor=actor, at=at
    )
    contain_incident(incident=exercise.incident, actor=actor, at=at)


def test_an_exercise_is_planned_run_scored_and_learned_from_on_the_pages(client, boss):
    plan = make_version().playbook
    answer = client.post(
        reverse("incidents:exercise_add"),
        {
            "title": "Region down", "kind": "tabletop", "scheduled_for": "2027-01-05T09:00",
            "takes": "2h", "owner": boss.pk, "playbook": plan.pk, "severity": "2",
        },
    )  # fmt: skip
    exercise = Exercise.objects.get()
    assert answer.url == reverse("incidents:exercise", args=[exercise.code])
    client.post(
        reverse("incidents:inject_add", args=[exercise.code]), {"after": "10m", "text": "A call"}
    )
    client.post(reverse("incidents:exercise_start", args=[exercise.code]), {"commander": boss.pk})
    exercise.refresh_from_db()
    inject = exercise.injects.get()
    client.post(reverse("incidents:inject_give", args=[exercise.code, inject.pk]))
    on_page = client.get(reverse("incidents:detail", args=[exercise.incident.code]), {"whole": 1})
    assert b"EXERCISE" in on_page.content
    client.post(
        reverse("incidents:exercise_finding", args=[exercise.code]),
        {"finding-text": "Find the number", "finding-owner": boss.pk,
         "finding-due_on": "2027-02-01"},
    )  # fmt: skip
    client.post(reverse("incidents:exercise_finish", args=[exercise.code]), {"outcome": "Good"})

    exercise.refresh_from_db()
    assert exercise.status == ExerciseStatus.FINISHED
    assert ActionItem.objects.get().text == "Find the number"
    assert client.get(reverse("incidents:exercises")).status_code == 200
    ics = client.get(reverse("incidents:exercise_calendar")).content.decode()
    assert f"EXERCISE {exercise.code} Region down" in ics


def test_a_test_of_nothing_is_refused(boss):
    for kind in ("restore", "failover"):
        with pytest.raises(ExerciseRefusedError):
            make_exercise(boss, kind=kind)


def test_long_and_odd_titles_survive_a_calendar():
    event = Event("x", "Ünrest; a, b\n" + "ß" * 80, NOON, NOON + MINUTE)

    text = write_calendar("C", [event], at=NOON)

    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "Ünrest\\; a\\, b\\n" in text.replace("\r\n ", "")
