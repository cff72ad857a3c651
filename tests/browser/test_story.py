"""The whole story with real parts, in a real browser: a link is cut, and the register learns.

It starts everything that `bin/up` starts, with the demo company and its fleet of real agents, on
the store of the present profile, and does what the demo's people would do.
"""

import hashlib
import re

import pytest

from tests.browser import story
from tests.browser.portal import running_portal, wait_until
from tests.servers import private_smtp

pytestmark = [pytest.mark.browser, pytest.mark.story]

OUTAGE = "Network outage in Jawa Timur"
# From 20:00 to 06:00 in Jawa one of the nine is a van that is parked, and is so by plan.
GONE = re.compile(r"\b9\s+Offline|\b1\s+Planned offline\s+8\s+Offline")


@pytest.fixture(scope="module")
def mails():
    with private_smtp() as sink:
        yield sink


@pytest.fixture(scope="module")
def portal(mails, tmp_path_factory):
    with running_portal(tmp_path_factory.mktemp("story"), mail=mails.url) as started:
        yield started


def called(mails, username: str, code: str):
    """The first mail that calls this person to this incident."""
    return next(
        (m for m in mails.messages if f"{username}@" in m["To"] and code in m["Subject"]), None
    )


def test_from_a_cut_link_to_a_signed_report_and_a_register_that_learned(portal, mails, browser):
    with (
        story.signed_in(browser, portal, "dewi") as dewi,
        story.signed_in(browser, portal, "dewi") as wall,
    ):
        # Every site of the company is there, and the drill is thrown on the page for it.
        story.wait_for_text(wall, "#fleet", "26 Online")
        story.throw(dewi, portal, "Cut the link of Jawa Timur")

        # Nobody touches the wall: it changes by itself.
        story.wait_for_text(wall, "#fleet", GONE)
        story.wait_for_text(wall, "#alerts", OUTAGE)
        code = wall.locator("#alerts li", has_text=OUTAGE).locator("a.code").inner_text()
        incident = f"{portal.address}/incidents/{code}/"

        # The duty commander is called; nobody reacts; the next person is called.
        first = wait_until(lambda: called(mails, "dewi", code), "the first call never came")
        second = wait_until(lambda: called(mails, "bagus", code), "nobody was called next")
        assert incident in first.get_content()
        assert mails.messages.index(first) < mails.messages.index(second)

        dewi.goto(incident)
        story.wait_for_text(dewi, "#calls", "Bagus Pratama")
        story.press(dewi, "I have it")
        story.press(dewi, "Take command")
        story.wait_for_text(dewi, "#head", "Dewi Santoso")

        dewi.get_by_role("button", name="Start the playbook").click()
        story.wait_for_text(dewi, "#playbook", "Identification")
        with story.signed_in(browser, portal, "bagus") as bagus:
            story.follow_playbook(dewi, bagus, until="Confirm that the link is steady")
            story.press(dewi, "Contained")

            story.throw(dewi, portal, "Restore the link of Jawa Timur")
            story.wait_for_text(wall, "#fleet", "26 Online")
            dewi.goto(incident)
            story.wait_for_text(dewi, "#timeline", "Every signal is clear")
            done = story.follow_playbook(dewi, bagus)
        assert any("waves" in step for step in done)
        story.wait_for_text(dewi, "#timeline", "Every step is settled")
        story.press(dewi, "Recovered")

        story.write_review(dewi)
        # Nobody signs what they wrote themselves.
        with story.signed_in(browser, portal, "bagus") as bagus:
            story.sign_review(bagus, incident)
        dewi.goto(incident)
        story.press(dewi, "Close")
        story.wait_for_text(dewi, "#head", "Closed")

        paper, shown = story.download_report(dewi, incident)
        assert paper.startswith(b"%PDF")
        assert hashlib.sha256(paper).hexdigest() == shown

    # One outage was one incident.
    needed = [m["Subject"] for m in mails.messages if "needed" in m["Subject"]]
    assert {subject.split(":")[0] for subject in needed} == {code}, needed

    with story.signed_in(browser, portal, "maya") as maya:
        story.accept_evidence(maya, portal, code=code, risk="Regional network outage")
        story.wait_for_text(maya, "main", code)
        story.wait_for_text(maya, "main", "judged again")
    with story.signed_in(browser, portal, "hendra") as hendra:
        story.record_proof(hendra, portal, code=code, asset="TILL-SBY-01")
        hendra.goto(f"{portal.address}/assets/TILL-SBY-01/")
        story.wait_for_text(hendra, "main", code)
