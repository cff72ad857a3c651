"""The frame in a real browser: accessible in both themes, no refused script, usable on a phone."""

import pytest

from bcp_portal.accounts.roles import Role
from tests.frame.browsing import grave_findings, looking, session_of
from tests.make import make_user
from tests.make_risks import make_risk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
THEMES = ("dark", "light")


@pytest.mark.parametrize("theme", THEMES)
def test_the_sign_in_page_is_accessible(browser, live_server, theme):
    with looking(browser, live_server.url, theme=theme) as page:
        page.goto(f"{live_server.url}/account/login/")

        assert grave_findings(page) == []
        assert page.problems == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("address", ["/nowhere/", "/account/mfa/", "/account/sessions/"])
def test_pages_of_the_frame_are_accessible(browser, live_server, theme, address):
    session = session_of(make_user(Role.INCIDENT_COMMANDER))
    with looking(browser, live_server.url, session=session, theme=theme) as page:
        page.goto(live_server.url + address)

        assert grave_findings(page) == []
        assert page.problems == []


def test_the_theme_changes_at_once_and_is_remembered(browser, live_server):
    session = session_of(make_user(Role.VIEWER))
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/account/sessions/")
        page.click("summary.person")
        page.click('[data-theme-set="light"]')

        assert page.get_attribute("html", "data-bs-theme") == "light"
        page.reload()
        assert page.get_attribute("html", "data-bs-theme") == "light"


def test_the_palette_leads_somewhere_by_keyboard_alone(browser, live_server):
    session = session_of(make_user(Role.INCIDENT_COMMANDER))
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/account/sessions/")
        page.keyboard.press("Control+k")
        page.keyboard.type("alerts")
        page.wait_for_selector("#palette-list [role=option]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/")

        assert page.url.endswith("/alerts/")


def test_on_a_small_phone_nothing_hangs_over_the_edge(browser, live_server):
    session = session_of(make_user(Role.INCIDENT_COMMANDER))
    with looking(browser, live_server.url, session=session, width=320) as page:
        page.goto(f"{live_server.url}/account/sessions/")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.click(".phone-bar [data-rail]")
        page.wait_for_timeout(300)
        assert page.is_visible("#rail .rail-link")


def test_without_scripts_the_rail_of_a_phone_opens_all_the_same(browser, live_server):
    session = session_of(make_user(Role.INCIDENT_COMMANDER))
    with looking(browser, live_server.url, session=session, width=375, scripts=False) as page:
        page.goto(f"{live_server.url}/account/sessions/#rail")

        assert page.is_visible("#rail .rail-link")


def test_what_was_typed_survives_a_reload(browser, live_server):
    session = session_of(make_user(Role.INCIDENT_COMMANDER))
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/account/sessions/")
        form = "const f=document.createElement('form');f.dataset.draft='t';"
        form += "f.innerHTML='<input name=a>';"
        build = f"{form}document.querySelector('.page-main').prepend(f);"
        scan = "document.dispatchEvent(new CustomEvent('htmx:afterSettle',{detail:{}}))"
        page.evaluate(build + scan)
        page.fill("input[name=a]", "Link is cut at the pole")
        page.wait_for_timeout(400)
        page.reload()
        page.evaluate(build + scan)

        assert page.input_value("input[name=a]") == "Link is cut at the pole"


def test_a_click_anywhere_in_a_row_of_a_list_opens_it_but_marking_a_row_does_not(
    browser, live_server
):
    risk = make_risk(title="Tills without a link")
    session = session_of(make_user(Role.RISK_MANAGER))
    with looking(browser, live_server.url, session=session) as page:
        page.goto(f"{live_server.url}/risks/")
        page.locator("[data-list-row]").first.click()
        assert page.url.endswith("/risks/")

        page.locator(".list-table tbody td", has_text="Tills without").first.click()

        page.wait_for_url(f"**/risks/{risk.code}/")
