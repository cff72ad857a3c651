"""The drills menu with real agents: each accident ends in its verdict, on the page itself."""

import pytest
from playwright.sync_api import expect

from tests.browser import story
from tests.browser.portal import LONG_ENOUGH, running_portal, wait_until
from tests.frame.browsing import chromium

pytestmark = [pytest.mark.browser, pytest.mark.story]

# The drill on the page, its verdict's words, the kind of the incident, and the plan for it.
TOGETHER = (
    ("site", "JBR-01 Jember is offline", "One site", "PB-NETWORK"),
    ("forgotten", "More of AKI-45AH may be sold", "Data integrity", "PB-DATA"),
    ("power", "The power went during the sync", "One site", "PB-NETWORK"),
    ("tablet", "counter tablet is silent", "Security", "PB-DEVICE"),
    ("backup", "The backup of DC-JKT", "Other", "PB-BACKUP"),
    ("source", "MLG-01 Malang is suspected", "Data integrity", "PB-DATA"),
)


def throw(page, slug: str, *, mend: bool = False) -> None:
    card = page.locator(f"#drill-{slug}")
    card.locator("button.btn-primary" if mend else "button.btn-danger").click()
    story.wait_for_text(page, "body", "The fleet follows")


def expect_verdict(page, slug: str, said: str, kind: str, playbook: str) -> str:
    """The verdict appears on the drill's own card by itself; return its incident's address."""
    line = page.locator(f"#drill-{slug} .drill-verdicts li", has_text=said).filter(
        has_text=playbook
    )
    expect(line.first).to_be_visible(timeout=LONG_ENOUGH * 1000)
    expect(page.locator(f"#drill-{slug}")).to_contain_text(kind)
    return line.first.locator("a.code").inner_text()


def test_each_drill_ends_in_its_verdict_its_kind_of_incident_and_its_plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drills")
    with (
        running_portal(folder, mail="") as portal,
        chromium() as browser,
        story.signed_in(browser, portal, "dewi") as page,
    ):
        story.wait_for_text(page, "#fleet", "26 Online")
        page.goto(f"{portal.address}/drills/")
        for slug, *_rest in TOGETHER:
            throw(page, slug)
        kinds = {}
        for slug, said, kind, playbook in TOGETHER:
            kinds[expect_verdict(page, slug, said, kind, playbook)] = kind
        for slug in ("site", "forgotten", "tablet", "backup", "source"):
            throw(page, slug, mend=True)

        throw(page, "mass")
        expect_verdict(page, "mass", "Data do not agree at", "Data integrity", "PB-DATA")
        throw(page, "mass", mend=True)
        throw(page, "provider")
        expect_verdict(page, "provider", "Outage at the provider", "Network", "PB-NETWORK")
        throw(page, "provider", mend=True)
        story.wait_for_text(page, "#link-JBB", "10 of 10 sites online")
        throw(page, "centre")
        expect_verdict(page, "centre", "The centre", "Central server", "PB-CENTRAL")
        throw(page, "centre", mend=True)
        throw(page, "portal")
        expect_verdict(page, "portal", "", "The portal itself", "PB-INTERNET")
        for code, kind in kinds.items():
            page.goto(f"{portal.address}/incidents/{code}/")
            story.wait_for_text(page, "main", kind)
        wait_until(
            lambda: not _open_by_site(portal, page), "sites were alarmed while we were blind"
        )


def _open_by_site(portal, page) -> int:
    """Alerts of silent sites that hold: none may be raised while the portal is blind."""
    told = page.request.get(f"{portal.address}/api/v1/alerts/?rule=site_silent&status=open").json()
    return len(told.get("results", told))
