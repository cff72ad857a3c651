"""The command centre in a real browser: one screen, accessible, no refused script."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assets.models import Asset
from bcp_portal.accounts.roles import Role
from incidents.models import Incident
from telemetry.models import NodeState
from tests.frame.browsing import grave_findings, looking, session_of
from tests.make import make_user
from tests.make_dashboard import make_hit, make_open_incident, make_watched_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def session():
    """Somebody who looks at a company in trouble."""
    for state in (NodeState.ONLINE, NodeState.DARK, NodeState.FROZEN, NodeState.UNKNOWN):
        make_watched_site(state)
    incident = make_open_incident(called_at=timezone.now())
    make_hit(incident, Asset.objects.create(code="ORD", name="Orders", criticality=1))
    return session_of(make_user(Role.INCIDENT_COMMANDER))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_command_centre_is_accessible(browser, live_server, session, theme):
    with looking(browser, live_server.url, session=session, theme=theme) as page:
        page.goto(f"{live_server.url}/")
        page.wait_for_selector("#map canvas")

        assert grave_findings(page) == []
        assert page.problems == []


def test_a_large_screen_needs_no_scrolling_however_much_is_down(browser, live_server, session):
    incident = Incident.objects.get()
    for number in range(20):
        name = f"Service number {number}"
        make_hit(incident, Asset.objects.create(code=f"S-{number}", name=name, criticality=1))
    with looking(browser, live_server.url, session=session) as page:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.goto(f"{live_server.url}/")

        page.wait_for_selector(".service >> nth=10")
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080
        # As in a portal that is past its first steps: those have room of their own.
        page.evaluate("document.querySelector('.first-steps').remove()")
        centre, room = (page.locator(css).bounding_box() for css in (".centre", ".page"))
        strip = page.locator(".centre-bottom").bounding_box()
        assert centre["height"] <= room["height"]
        assert strip["y"] + strip["height"] <= centre["y"] + centre["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920


def test_a_phone_gets_one_column(browser, live_server, session):
    with looking(browser, live_server.url, session=session, width=320) as page:
        page.goto(f"{live_server.url}/")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_wall_hides_the_rail_and_keeps_the_lamp(browser, live_server, session):
    with looking(browser, live_server.url, session=session) as page:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.goto(f"{live_server.url}/?wall=1")

        assert not page.is_visible("#rail")
        assert page.is_visible("#lamp")


def test_without_scripts_the_sites_can_be_read(browser, live_server, session):
    with looking(browser, live_server.url, session=session, scripts=False) as page:
        page.goto(f"{live_server.url}/")
        page.click("#fleet-table summary")

        assert page.locator("#fleet-table tbody tr").count() == 3


def test_news_take_no_press_from_a_finger_and_no_focus_from_a_keyboard(
    browser, live_server, session
):
    incident = Incident.objects.get()
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/incidents/{incident.code}/")
        take = page.locator("#head").get_by_role("button", name="Take command")
        take.focus()
        hear_news(page, "#head")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Take command"

        take.hover()
        page.mouse.down()
        hear_news(page, "#head")
        page.mouse.up()
        expect(page.locator("#head").get_by_role("button", name="Take command")).to_have_count(0)
        assert page.problems == []
    incident.refresh_from_db()
    assert incident.commander is not None


def hear_news(page, part):
    """A live part is asked for again, and what came is drawn if it may be."""
    with page.expect_response(lambda answer: f"part={part[1:]}" in answer.url):
        page.evaluate("part => htmx.trigger(part, 'live')", part)
    page.wait_for_timeout(300)


def test_a_lost_stream_is_shown(browser, live_server, session):
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/")  # this server has no live stream
        page.wait_for_selector('#lamp[data-state="lost"]', timeout=25_000)

        assert "no connection" in page.inner_text("#lamp")
