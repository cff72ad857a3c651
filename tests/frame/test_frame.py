"""The frame shows only what leads somewhere and what the person may see."""

import json

import pytest
from django.test import RequestFactory

from bcp_portal import frame as frame_module
from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import Role
from bcp_portal.frame import Banner, Frame, register_frame_source, url_of
from bcp_portal.nav import NAV
from tests.make import make_user

pytestmark = pytest.mark.django_db


def frame_of(user, path="/") -> Frame:
    request = RequestFactory().get(path)
    request.user = user
    return Frame(request)


def names(frame: Frame) -> set[str]:
    return {link.name for section in frame.nav for link in section.links}


def test_the_rail_has_no_dead_links():
    for section in frame_of(make_user(Role.AUDITOR)).nav:
        assert all(link.url for link in section.links)


def test_every_room_that_exists_has_a_rule_for_reading():
    named = [entry.url_name for section in NAV for entry in section.entries]
    built = [name for name in named if url_of(name)]

    assert built
    assert all(POLICY.find(name, "GET") for name in built)


def test_a_room_that_the_role_may_not_enter_is_not_shown():
    assert "audit:trail" in names(frame_of(make_user(Role.AUDITOR)))
    assert "audit:trail" not in names(frame_of(make_user(Role.VIEWER)))


def test_the_room_of_a_page_beneath_it_is_marked():
    rail = frame_of(make_user(Role.AUDITOR), path="/sites/SBY-02/").nav
    current = [link.name for section in rail for link in section.links if link.current]

    assert current == ["telemetry:sites"]


def test_at_most_one_banner_of_each_kind_gravest_first(monkeypatch):
    monkeypatch.setattr(frame_module, "_sources", {})
    first = [Banner("exercise", "a"), Banner("blind", "b")]
    register_frame_source("banners", lambda _request: first)
    register_frame_source("banners", lambda _request: [Banner("blind", "c")])

    shown = frame_of(make_user()).banners

    assert [banner.text for banner in shown] == ["b", "a"]


def test_a_stranger_sees_no_rail(client):
    page = client.get("/account/login/").content.decode()

    assert 'class="rail"' not in page
    assert "Sign in" in page


def test_the_chosen_theme_is_in_the_first_byte(client):
    client.cookies["theme"] = "light"

    assert 'data-bs-theme="light"' in client.get("/account/login/").content.decode()


def test_a_theme_that_nobody_offers_is_ignored(client):
    client.cookies["theme"] = '"><script>'

    assert 'data-bs-theme="dark"' in client.get("/account/login/").content.decode()


def test_the_scripts_get_words_in_the_readers_language():
    assert json.loads(frame_of(make_user()).words)["ago"] == "%s ago"


def test_a_missing_page_says_what_happened_and_where_to_go(client):
    client.force_login(make_user(Role.VIEWER))

    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content
