"""Pages of policies and rotations: who may, what is shown before saving, what is refused."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from incidents.models import EscalationPolicy, Playbook, Rotation
from incidents.services.policy import LevelPlan, save_policy
from incidents.services.rotation import assign_shift, make_rotation
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=10)


@pytest.fixture
def boss(client):
    user = make_user(Role.ADMINISTRATOR, first_name="Ada")
    client.force_login(user)
    return user


def sent(fallback, *levels, **said):
    """A filled-in editor."""
    data = {
        "name": "Night",
        "description": "",
        "fallback": fallback.pk,
        "repeat_count": "2",
        "level-TOTAL_FORMS": str(len(levels) + 1),
        "level-INITIAL_FORMS": "0",
    }
    for number, level in enumerate(levels):
        data |= {f"level-{number}-{name}": value for name, value in level.items()}
    return data | said


def make_policy(boss, **said):
    facts = {"name": "Night", "fallback": boss, "levels": [LevelPlan(MINUTES, users=[boss])]}
    return save_policy(**(facts | said), actor=boss, at=NOON)


def test_a_reader_looks_and_changes_nothing(client, boss):
    policy = make_policy(boss)
    rotation = make_rotation(name="Primary", actor=boss, at=NOON)
    client.force_login(make_user(Role.VIEWER))

    for name, *args in (
        ("policies",),
        ("policy", policy.pk),
        ("rotations",),
        ("rotation", rotation.pk),
    ):
        page = client.get(reverse(f"incidents:{name}", args=args))
        assert page.status_code == 200
        assert b"/edit/" not in page.content
    for name, *args in (
        ("policy_add",),
        ("policy_edit", policy.pk),
        ("rotation_turn", rotation.pk),
    ):
        assert client.get(reverse(f"incidents:{name}", args=args)).status_code == 403


def test_a_policy_is_defined_on_the_page(client, boss):
    rotation = make_rotation(name="Primary", actor=boss, at=NOON)
    now = timezone.now()
    assign_shift(
        rotation=rotation, user=boss, starts_at=now, ends_at=now + MINUTES, actor=boss, at=now
    )

    answer = client.post(
        reverse("incidents:policy_add"),
        sent(
            boss,
            {"delay": "5m", "users": [boss.pk]},
            {"delay": "15m", "rotations": [rotation.pk], "roles": ["commander"]},
            is_default="on",
        ),
    )

    policy = EscalationPolicy.objects.for_detail().get()
    assert answer.url == reverse("incidents:policy", args=[policy.pk])
    assert [level.delay for level in policy.levels.all()] == [MINUTES / 2, MINUTES * 1.5]
    assert policy.is_default
    page = client.get(answer.url).content.decode()
    assert "Primary" in page
    assert "Reaches people" in page


def test_who_would_be_called_is_shown_and_nothing_is_kept(client, boss):
    said = sent(boss, {"delay": "5m", "users": [boss.pk]}, check="1")

    page = client.post(reverse("incidents:policy_add"), said)

    assert b"Reaches people" in page.content
    assert not EscalationPolicy.objects.exists()


def test_a_policy_that_reaches_nobody_is_refused_and_what_was_typed_stays(client, boss):
    rotation = make_rotation(name="Primary", actor=boss, at=NOON)
    said = sent(boss, {"delay": "7m", "rotations": [rotation.pk]}, description="after nine")

    page = client.post(reverse("incidents:policy_add"), said)

    assert page.status_code == 422
    text = page.content.decode()
    assert "Nobody on any level can be reached right now." in text
    assert 'value="7m"' in text
    assert "after nine" in text
    assert not EscalationPolicy.objects.exists()


def test_a_flaw_is_shown_first_and_kept_only_when_meant(client, boss):
    mute = make_user(first_name="Joko", is_reachable=False, email="")
    said = sent(boss, {"delay": "5m", "users": [boss.pk, mute.pk]})

    page = client.post(reverse("incidents:policy_add"), said)
    assert b"Joko on level 1 has no way to be reached." in page.content
    assert not EscalationPolicy.objects.exists()

    client.post(reverse("incidents:policy_add"), {**said, "anyway": "1"})
    assert EscalationPolicy.objects.exists()


def test_a_level_is_removed_and_another_added(client, boss):
    other = make_user(first_name="Rina")
    levels = [LevelPlan(MINUTES, users=[boss]), LevelPlan(MINUTES, users=[other])]
    policy = make_policy(boss, levels=levels)
    url = reverse("incidents:policy_edit", args=[policy.pk])
    assert client.get(url).content.count(b'-DELETE"') >= 2

    client.post(
        url,
        sent(
            boss,
            {"delay": "10 min", "users": [boss.pk], "DELETE": "on"},
            {"delay": "10 min", "users": [other.pk]},
            {"delay": "1h", "users": [boss.pk]},
            **{"level-INITIAL_FORMS": "2"},
        ),
    )

    fresh = EscalationPolicy.objects.for_detail().get()
    named = [[target.user for target in level.targets.all()] for level in fresh.levels.all()]
    assert named == [[other], [boss]]


def test_two_policies_do_not_share_a_name(client, boss):
    make_policy(boss)

    page = client.post(
        reverse("incidents:policy_add"), sent(boss, {"delay": "5m", "users": [boss.pk]})
    )

    assert page.status_code == 422
    assert "There is a policy “Night” already." in page.content.decode()


def test_the_policy_for_everything_else_is_not_retired(client, boss):
    policy = make_policy(boss, is_default=True)
    url = reverse("incidents:policy_retire", args=[policy.pk])

    assert client.post(url, {"reason": "old"}).status_code == 422
    make_policy(boss, name="Day", is_default=True)
    client.post(url, {"reason": "old"})

    policy.refresh_from_db()
    assert policy.retired_at is not None


def test_turns_are_planned_months_ahead_and_taken_back(client, boss):
    client.post(reverse("incidents:rotation_add"), {"name": "Primary", "time_zone": "Asia/Jakarta"})
    rotation = Rotation.objects.get()
    url = reverse("incidents:rotation_turn", args=[rotation.pk])
    turn = {"user": boss.pk, "starts_at": "2030-01-07T08:00", "ends_at": "2030-01-14T08:00"}

    assert client.post(url, {**turn, "times": "3"}).status_code == 422
    client.post(url, {**turn, "times": "3", "again_every": "4w"})
    assert [shift.starts_at.day for shift in rotation.shifts.order_by("pk")] == [7, 4, 4]
    client.post(reverse("incidents:shift_cancel", args=[rotation.shifts.first().pk]))
    assert rotation.shifts.count() == 2


def test_whoever_stands_in_is_called_instead(client, boss):
    rotation = make_rotation(name="Primary", actor=boss, at=NOON)
    now = timezone.now()
    for user, is_override in ((boss, False), (make_user(first_name="Rina"), True)):
        assign_shift(
            rotation=rotation, user=user, starts_at=now - MINUTES, ends_at=now + MINUTES,
            is_override=is_override, actor=boss, at=now,
        )  # fmt: skip

    page = client.get(reverse("incidents:rotation", args=[rotation.pk])).content.decode()

    assert "Rina" in page.partition('class="page-subtitle"')[2].partition("</p>")[0]
    running = rotation.shifts.get(is_override=True)
    client.post(reverse("incidents:shift_cancel", args=[running.pk]))
    assert rotation.on_call_at(timezone.now()) == [boss]


def test_the_lists_cost_the_same_however_long(client, boss, django_assert_max_num_queries):
    for number in range(5):
        make_policy(boss, name=f"Policy {number}")
        make_rotation(name=f"Rotation {number}", actor=boss, at=NOON)
    client.get(reverse("incidents:policies"))

    with django_assert_max_num_queries(20):
        client.get(reverse("incidents:policies"))
    with django_assert_max_num_queries(16):
        client.get(reverse("incidents:rotations"))
    with django_assert_max_num_queries(22):
        client.get(reverse("incidents:policy_edit", args=[EscalationPolicy.objects.first().pk]))


def test_the_ready_playbooks_are_loaded_by_a_button(client, boss):
    url = reverse("incidents:playbooks_load")
    assert client.post(url).status_code == 403
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    assert b"ready playbooks" in client.get(reverse("incidents:playbooks")).content

    client.post(url)

    assert Playbook.objects.count() >= 8
    assert url.encode() not in client.get(reverse("incidents:playbooks")).content
