"""What an empty portal says to whoever opens it first."""

import pytest

from bcp_portal.accounts.roles import Role
from bcp_portal.dashboard.selectors import first_steps
from incidents.services.playbook import load_ready_playbooks
from incidents.services.policy import LevelPlan, save_policy
from tests.make import LATER, NOON, make_device, make_user

pytestmark = pytest.mark.django_db


def undone(user) -> set[str]:
    return {line.step.key for line in first_steps(user) if not line.is_done}


def test_an_empty_portal_leads_its_administrator(client, django_assert_num_queries):
    boss = make_user(Role.ADMINISTRATOR)
    client.force_login(boss)
    page = client.get("/").content.decode()

    assert undone(boss) == {"people", "regions", "sites", "devices", "policies", "playbooks"}
    for address in ("/people/add/", "/regions/add/", "/assets/sites/open/", "/escalation/add/"):
        assert f'href="{address}"' in page
    assert "Another role does this." in page
    boss.has_perm("x.y")
    with django_assert_num_queries(1):
        first_steps(boss)


def test_a_commander_is_led_to_the_playbooks():
    boss = make_user(Role.INCIDENT_COMMANDER)
    make_user()

    assert "people" not in undone(boss)
    step = next(line for line in first_steps(boss) if line.step.key == "playbooks")
    assert step.url == "/playbooks/"


def test_whoever_may_do_none_of_it_sees_none_of_it(client):
    viewer = make_user(Role.VIEWER)
    client.force_login(viewer)

    assert first_steps(viewer) == []
    assert "first-steps" not in client.get("/").content.decode()


def test_once_all_is_done_the_steps_are_gone():
    boss = make_user(Role.ADMINISTRATOR)
    make_user()
    make_device()
    load_ready_playbooks(actor=boss, at=NOON)
    levels = [LevelPlan(LATER - NOON, users=[boss])]
    save_policy(name="Night", fallback=boss, levels=levels, actor=boss, at=NOON)

    assert first_steps(boss) == []
