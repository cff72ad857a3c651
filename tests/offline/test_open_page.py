"""A page of the portal that is open when the link goes: its deeds wait in the same outbox."""

import re

import pytest
from playwright.sync_api import expect

from bcp_portal.accounts.roles import Role
from incidents.models import Operation, TimelineEntry
from tests.make import make_user
from tests.make_incidents import make_run, step_of
from tests.offline.pages import PLAN, commit_and_cut, device, make_ready, sign_in, wait_for_count

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run():
    return make_run(PLAN)


def open_page(page, server, run):
    page.goto(f"{server.url}/incidents/{run.incident.code}/")
    expect(page.locator("#offline-chip .offline-word")).to_have_text(
        re.compile("ffline-ready"), timeout=20_000
    )


def press_done(page, run, text):
    page.locator(f"#step-{step_of(run, text).pk}").get_by_role("button", name="Done").click()


def look_again(page):
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_deeds_on_an_open_page_wait_for_the_link_and_arrive_once(browser, server, run):
    budi = make_user(Role.INCIDENT_COMMANDER, first_name="Budi")
    with device(browser, server, budi) as page:
        make_ready(page, server)
        open_page(page, server, run)
        server.stop()
        press_done(page, run, "Lock the door")
        page.fill("#id_text", "Smoke in the back room")
        page.get_by_role("button", name="Add the note").click()
        expect(page.locator("#offline-chip .offline-count")).to_have_text("Unsent: 2")
        expect(page.locator(".deed-waiting").first).to_contain_text("waits for the link")
        expect(page.locator("#id_text")).to_have_value("")
        assert not Operation.objects.exists()

        server.start()
        look_again(page)
        expect(page.locator(f"#step-{step_of(run, 'Lock the door').pk}")).to_have_attribute(
            "data-mark", "done", timeout=20_000
        )
        expect(page.locator("#offline-chip .offline-count")).to_be_hidden()
        expect(page.locator("#timeline")).to_contain_text("Smoke in the back room", timeout=20_000)
        assert page.problems == []

    assert [op.is_queued for op in Operation.objects.all()] == [True, True]
    assert TimelineEntry.objects.filter(params__words="Smoke in the back room").count() == 1


def test_parts_that_a_cut_link_kept_away_come_when_it_is_back(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        page.route("**/*part=*", lambda route: route.abort())
        page.goto(f"{server.url}/incidents/{run.incident.code}/")
        expect(page.locator(".later").first).to_contain_text("on their way")
        page.wait_for_timeout(500)
        expect(page.locator("#timeline")).to_have_count(0)

        page.unroute("**/*part=*")
        look_again(page)
        expect(page.locator("#timeline")).to_be_visible(timeout=20_000)


def test_with_a_link_a_deed_goes_at_once_and_an_answer_that_got_lost_changes_nothing(
    browser, server, run
):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        open_page(page, server, run)  # never made ready: kept for as long as the page is open
        press_done(page, run, "Lock the door")
        step = page.locator(f"#step-{step_of(run, 'Lock the door').pk}")
        expect(step).to_have_attribute("data-mark", "done", timeout=20_000)
        assert not Operation.objects.get().is_queued

        page.route("**/offline/operations/", commit_and_cut)
        press_done(page, run, "Call the landlord")
        wait_for_count(page, 2)
        expect(page.locator(".deed-waiting")).to_be_visible()
        page.unroute("**/offline/operations/")
        look_again(page)
        step = page.locator(f"#step-{step_of(run, 'Call the landlord').pk}")
        expect(step).to_have_attribute("data-mark", "done", timeout=20_000)

    assert Operation.objects.count() == 2
    assert {op.outcome for op in Operation.objects.all()} == {"applied"}


def test_a_deed_of_an_ended_session_is_not_sent_in_somebody_elses_name(browser, server, run):
    budi = make_user(Role.INCIDENT_COMMANDER)
    with device(browser, server, budi) as page:
        open_page(page, server, run)
        sign_in(page, server, make_user(Role.INCIDENT_COMMANDER))
        press_done(page, run, "Lock the door")
        expect(page.locator(".deed-waiting")).to_contain_text("waits for the link")
        look_again(page)
        page.wait_for_timeout(1000)
        assert not Operation.objects.exists()

        sign_in(page, server, budi)
        look_again(page)
        wait_for_count(page, 1)

    assert Operation.objects.get().actor == budi
