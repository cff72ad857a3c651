"""Who would be called at every hour, and the duties that stand behind it (P2)."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.shared.errors import DomainError
from incidents.call_lint import Duty, RungFacts, Turn, gaps, walk
from incidents.models import Delivery, EscalationPolicy, Notice, Shift
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.selectors.call_lint import lint_page, policy_problems
from incidents.services.playbook import PlaybookNotSoundError, draft_playbook, publish_version
from incidents.services.policy import LevelPlan, PolicyReachesNobodyError, save_policy
from incidents.services.rotation import assign_shift, make_rotation, plan_rota, swap_shifts
from tests.incidents.test_escalation import fire_due
from tests.make import NOON, make_user
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER, first_name="Dewi")
    client.force_login(user)
    return user


def duty(*turns):
    return Duty(tuple(Turn(NOON + a * HOUR, NOON + b * HOUR, *more) for a, b, *more in turns))


def rung(*duties, always=False, only_for=None, delay=MINUTE):
    return RungFacts(delay, only_for, always, duties)


def test_a_gap_is_found_to_the_hour_and_for_each_severity():
    first = rung(duty((0, 5, False, True), (7, 24, False, True)))
    director = rung(always=True, only_for=2)

    found = gaps([first, director], start=NOON, hours=24)

    assert [(g.starts_at, g.ends_at, g.severities) for g in found] == [
        (NOON + 5 * HOUR, NOON + 7 * HOUR, (3, 4))
    ]


def test_whoever_stands_in_without_a_way_to_be_reached_leaves_a_gap():
    there = rung(duty((0, 24, False, True), (3, 4, True, False)))

    assert [gap.starts_at for gap in gaps([there], start=NOON, hours=24)] == [NOON + 3 * HOUR]


def test_levels_that_reach_nobody_are_not_waited_for():
    hours = walk([rung(), rung(always=True, delay=HOUR)], 1, start=NOON, hours=1)

    assert (hours[0].reached, hours[0].first_is_empty, hours[0].takes) == (1, True, HOUR)


def test_a_policy_with_a_gap_next_week_is_refused_today(boss):
    rotation = make_rotation(name="Primary", actor=None, at=NOON)
    for number in (0, 2):
        starts = NOON + number * timedelta(days=7)
        assign_shift(
            rotation=rotation, user=boss, starts_at=starts, ends_at=starts + timedelta(days=7),
            actor=None, at=NOON,
        )  # fmt: skip

    with pytest.raises(PolicyReachesNobodyError, match="nobody would be called but the fallback"):
        save_policy(
            name="P", fallback=boss, levels=[LevelPlan(MINUTE, rotations=[rotation])],
            actor=boss, at=NOON,
        )  # fmt: skip
    assert not EscalationPolicy.objects.exists()


def test_a_policy_slower_than_the_rto_of_its_plans_blocks_publishing(boss):
    slow = save_policy(
        name="Slow", fallback=boss, actor=boss, at=NOON,
        levels=[LevelPlan(HOUR, users=[boss]), LevelPlan(HOUR, users=[boss])],
    )  # fmt: skip
    phase = PhasePlan("containment", "Act", (StepPlan("Do"),), 10 * MINUTE, policy=slow.name)
    plan = PlaybookPlan("PB-X", "X", (phase,), rto=HOUR)
    draft = draft_playbook(plan=plan, actor=None, at=NOON)

    with pytest.raises(PlaybookNotSoundError, match="longer than the RTO"):
        publish_version(version=draft, actor=None, at=NOON)


def test_a_level_for_grave_incidents_calls_nobody_for_small_ones(boss):
    chief = make_user(Role.INCIDENT_COMMANDER)
    save_policy(
        name="P", fallback=boss, is_default=True, actor=boss, at=NOON,
        levels=[LevelPlan(MINUTE, users=[boss]), LevelPlan(MINUTE, users=[chief], only_for=2)],
    )  # fmt: skip
    small = make_incident(commander=None, severity=4)
    grave = make_incident(commander=None, severity=1)

    for minutes in range(3):
        fire_due(NOON + minutes * MINUTE)

    assert not Notice.objects.filter(incident=small, person=chief).exists()
    assert Notice.objects.filter(incident=grave, person=chief).exists()


def test_the_lint_asks_a_fixed_number_of_questions(boss, django_assert_max_num_queries):
    for number in range(3):
        save_policy(
            name=f"P{number}", fallback=boss, levels=[LevelPlan(MINUTE, users=[boss])],
            is_default=number == 0, actor=boss, at=NOON,
        )  # fmt: skip

    with django_assert_max_num_queries(12):
        page = lint_page(at=NOON)

    assert page.problem_count == 0
    policy = EscalationPolicy.objects.for_detail().first()
    assert policy_problems(policy, at=NOON) == []


def test_a_rota_keeps_the_hour_on_the_wall_over_a_change_of_the_clock(boss):
    other = make_user()
    rotation = make_rotation(name="Berlin", actor=None, at=NOON, time_zone="Europe/Berlin")

    plan_rota(
        rotation=rotation, people=[boss, other], first_day=date(2026, 3, 28),
        hours_from=time(8), hours_to=time(16), days_each=1, rounds=1,
        time_zone="Europe/Berlin", actor=boss, at=NOON,
    )  # fmt: skip

    zone = ZoneInfo("Europe/Berlin")
    turns = Shift.objects.order_by("starts_at")
    assert [turn.starts_at.astimezone(zone).hour for turn in turns] == [8, 8]
    assert turns[1].starts_at - turns[0].starts_at == 23 * HOUR
    assert [turn.user for turn in turns] == [boss, other]


def test_two_people_swap_their_turns_and_are_told(boss):
    other = make_user()
    rotation = make_rotation(name="Primary", actor=None, at=NOON)
    mine, theirs = (
        assign_shift(
            rotation=rotation, user=user, starts_at=NOON + day * 24 * HOUR,
            ends_at=NOON + (day + 1) * 24 * HOUR, actor=None, at=NOON,
        )
        for day, user in ((1, boss), (2, other))
    )  # fmt: skip

    swap_shifts(shift=mine, other=theirs, actor=boss, at=NOON)

    assert Shift.objects.get(pk=mine.pk).user == other
    assert {notice.person for notice in Notice.objects.all()} == {boss, other}
    with pytest.raises(DomainError, match="no longer swapped"):
        swap_shifts(shift=mine, other=theirs, actor=boss, at=NOON + 30 * HOUR)


def test_schedule_lint_ledger_and_calendar_are_pages(client, boss):
    now = timezone.now()
    rotation = make_rotation(name="Primary", actor=None, at=now)
    assign_shift(
        rotation=rotation, user=boss, starts_at=now - HOUR, ends_at=now + HOUR, actor=None, at=now
    )
    save_policy(
        name="P", fallback=boss, levels=[LevelPlan(MINUTE, users=[boss], rotations=[rotation])],
        is_default=True, actor=boss, at=now,
    )  # fmt: skip
    make_incident(commander=None)
    fire_due(NOON)
    assert Delivery.objects.exists()

    schedule = client.get(reverse("incidents:schedule"))
    assert b"nobody for" in schedule.content
    assert client.get(reverse("incidents:call_lint")).status_code == 200
    calls = client.get(reverse("incidents:calls"))
    assert b"INC-" in calls.content
    ics = client.get(reverse("incidents:rotation_calendar", args=[rotation.pk]))
    assert b"BEGIN:VEVENT" in ics.content
    for name in ("rotation_rota",):
        assert client.get(reverse(f"incidents:{name}", args=[rotation.pk])).status_code == 200
