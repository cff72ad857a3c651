"""Alternatives are changed in the picture itself, by mouse or by keyboard alone (G1)."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from tests.frame.browsing import chromium, grave_findings, looking, session_of
from tests.make import make_user
from tests.make_assets import make_asset, make_dependency

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAIT = 30_000


def test_two_of_three_becomes_one_of_three_by_keyboard_alone(live_server):
    till, *pool = (make_asset(code=code) for code in ("TILL", "DB-1", "DB-2", "DB-3"))
    arrows = [make_dependency(till, one, group="pool", needed=2) for one in pool]
    session = session_of(make_user(Role.RISK_MANAGER))
    with (
        chromium() as browser,
        looking(browser, live_server.url, session=session) as page,
    ):
        page.goto(live_server.url + reverse("assets:map") + "?edit=1")
        page.wait_for_selector("#dependency-map canvas", timeout=WAIT)
        page.focus("#dependency-map")
        hint = page.locator("#map-hint")
        page.keyboard.press("ArrowUp")  # takes hold of the first
        page.keyboard.press("ArrowUp")  # what needs it stands above it
        hint.filter(has_text="TILL").wait_for(timeout=WAIT)
        page.keyboard.press("a")
        heard = hint.inner_text()
        page.keyboard.press("Enter")
        page.wait_for_selector("#map-arrow[open]", timeout=WAIT)
        offered = page.eval_on_selector_all("#arrow_groups option", "all => all.map(o => o.value)")
        asked = page.inner_text("#map-arrow-title")
        found = grave_findings(page)
        page.focus("#arrow_needed")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("1")
        with page.expect_navigation(timeout=WAIT):
            page.keyboard.press("Enter")
        page.wait_for_selector("#dependency-map canvas", timeout=WAIT)

        assert "TILL → DB-" in heard
        assert "2 of “pool”" in heard
        assert asked in heard
        assert offered == ["pool"]
        assert found == []
        assert page.get_attribute("#map-edit", "aria-pressed") == "true"  # one may go on
        assert "1/3 pool" in page.inner_text("table")
        assert page.problems == []
    for arrow in arrows:
        arrow.refresh_from_db()
    assert {arrow.needed for arrow in arrows} == {1}
