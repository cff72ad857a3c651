"""Every drill of the menu thrown at real agents, in a real browser: each ends in its verdict.

The accidents of single sites are thrown together and then those of the whole fleet, as far as
they do not touch each other; what waits, waits for a verdict and for no time.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import story
from tests.browser.portal import Portal, running_portal, wait_until
from tests.frame.browsing import chromium
from tests.servers import private_smtp

pytestmark = [pytest.mark.browser, pytest.mark.story]

# Drill, place (empty: it needs none), and the verdict in the words of the page.
OF_SITES = [
    ("site", "JBR-01", r"JBR-01 .*is offline"),
    ("batch", "SBY-02", r"Checksums of .+ at SBY-02 .*do not agree after a sync"),
    ("source", "MLG-01", r"MLG-01 .*is suspected to be the source of bad data"),
    ("forgotten", "BKS-01", r"More of .+ may be sold than there is"),
    ("power", "KDR-01", r"The power went during the sync of .+ at KDR-01"),
    ("tablet", "", r"SBY-01/.+ is silent while its neighbours speak"),
    ("backup", "", r"The backup of DC-JKT/.+ is not as it must be"),
    ("mass", "TIM", r"Data do not agree at \d+ sites after a sync"),
]
REGION = r"Network outage in Indonesia Timur"
PROVIDER = r"Outage at the provider Nusalink"
CENTRE = r"The central server is down"
BLIND = r"The portal cannot see: its own link is down"


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    with (
        private_smtp() as sink,
        running_portal(tmp_path_factory.mktemp("drills"), mail=sink.url) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def page(portal):
    with chromium() as browser, story.signed_in(browser, portal, "dewi") as opened:
        yield opened


def press(page: Page, portal: Portal, slug: str, place: str, which: str) -> None:
    """Throw or mend one drill by the button of its card."""
    page.goto(f"{portal.address}/drills/")
    card = page.locator(f"#drill-{slug}")
    if place:
        card.locator("select[name=place]").first.select_option(place)
    card.locator(f"button.{which}").first.click()
    done = page.get_by_text("The fleet follows")
    expect(done.first).to_be_visible(timeout=story.PATIENCE)


def verdict(page: Page, portal: Portal, slug: str, words: str) -> str:
    """Wait until the card shows this verdict with an incident, and return the incident's code."""

    def seen() -> str:
        page.goto(f"{portal.address}/drills/")
        lines = page.locator(f"#drill-{slug} .drill-verdicts li", has_text=re.compile(words))
        codes = lines.locator("a.code")
        return codes.first.inner_text() if codes.count() else ""

    return wait_until(seen, f"{slug}: no incident with {words!r}\n{portal.words()}")


def gone(page: Page, portal: Portal, slug: str, words: str) -> None:
    """Wait until the card no longer shows it: what was broken is mended."""

    def ended() -> bool:
        page.goto(f"{portal.address}/drills/")
        shown = page.locator(f"#drill-{slug} .drill-verdicts li", has_text=re.compile(words))
        return page.locator(f"#drill-{slug}").count() == 1 and shown.count() == 0

    wait_until(ended, f"{slug}: {words!r} never ended\n{portal.words()}")


def test_each_drill_of_the_menu_ends_in_its_verdict(portal, page):
    page.goto(f"{portal.address}/")
    story.wait_for_text(page, "#fleet", re.compile(r"\b2[3-6]\s+Online"))

    for slug, place, _words in OF_SITES:
        press(page, portal, slug, place, "btn-danger")
    codes = {slug: verdict(page, portal, slug, words) for slug, _place, words in OF_SITES}

    # The single mismatches of the region are parts of the one incident, and no more of them.
    page.goto(f"{portal.address}/incidents/{codes['mass']}/")
    story.wait_for_text(page, "h1", "Data do not agree")
    for slug, place, _words in OF_SITES:
        if slug != "power":
            press(page, portal, slug, place, "btn-primary")
    gone(page, portal, "site", OF_SITES[0][2])

    # A region and a provider that share no site: two outages, and each is told by its name.
    story.throw(page, portal, "Cut the link of Indonesia Timur")
    press(page, portal, "provider", "Nusalink", "btn-danger")
    region = verdict(page, portal, "provider", REGION)
    assert verdict(page, portal, "provider", PROVIDER) != region
    story.throw(page, portal, "Restore the link of Indonesia Timur")
    press(page, portal, "provider", "Nusalink", "btn-primary")
    for words in (REGION, PROVIDER):
        gone(page, portal, "provider", words)

    press(page, portal, "centre", "", "btn-danger")
    assert verdict(page, portal, "centre", CENTRE)
    press(page, portal, "centre", "", "btn-primary")
    gone(page, portal, "centre", CENTRE)

    press(page, portal, "portal", "", "btn-danger")
    assert verdict(page, portal, "portal", BLIND)
    press(page, portal, "portal", "", "btn-primary")
    gone(page, portal, "portal", BLIND)
