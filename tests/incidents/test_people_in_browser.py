"""An incident from alert to closing as three people live it: by keyboard alone, and on a phone."""

from contextlib import ExitStack, contextmanager

import pytest
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from incidents.models import Incident, IncidentStatus, RunStep, StatusUpdate, StepStatus
from incidents.playbooks.plan import StepPlan
from incidents.services.triage import sweep_signals
from telemetry.models import SignalRule
from tests.frame.browsing import looking, session_of, wait_until
from tests.make import make_site, make_user
from tests.make_assets import assign
from tests.make_incidents import make_policy, make_signal, make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOCUSED = """() => { const e = document.activeElement;
  const label = e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.innerText || '';
  return label.trim().replace(/\\s+/g, ' '); }"""
# More stops than any page has: whoever needs as many has not found it.
MOST_STOPS = 250


@pytest.fixture
def people():
    """A commander, a responder and somebody who speaks; all three are called by a policy."""
    commander = make_user(Role.INCIDENT_COMMANDER, first_name="Dewi", last_name="Santoso")
    responder = make_user(Role.RESPONDER, first_name="Rina", last_name="Kartika")
    speaker = make_user(Role.RESPONDER, first_name="Sari", last_name="Melati")
    make_policy([commander])
    return commander, responder, speaker


def raise_alarm(*responders) -> Incident:
    """A shop that these look after falls silent, and triage makes an incident of it."""
    make_version(
        {
            "Look": ["Call the shop"],
            "Contain": [
                StepPlan(
                    text="Sell on paper?", key="paper", is_decision=True, options=["yes", "no"]
                ),
                StepPlan(
                    text="Give out the pads",
                    condition={"step": "paper", "chosen": "yes"},
                    evidence="number of pads",
                ),
            ],
            "Recover": ["Count the queue"],
        },
        kinds=("local",),
        title="A shop falls silent",
    )
    site, at = make_site(code="SBY-02", name="Surabaya 2"), timezone.now()
    for person in responders:
        assign(person, site=site)
    make_signal(
        SignalRule.SITE_SILENT, site=site, params={"site": site.name}, severity=2,
        key=site.code, began_at=at, opened_at=at,
    )  # fmt: skip
    sweep_signals(at=at)
    return Incident.objects.get()


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page) -> None:
        self.page = page
        page.set_default_timeout(20_000)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def wait(self) -> None:
        """Until the parts of the page that come after the first look are there."""
        wait_until(self.page, "() => !document.querySelector('.later')")

    def settle(self, key: str) -> None:
        """A key that ticks a step; the page shows the next one without being loaded again."""
        settle_next(self.page, lambda: self.press(key))

    def letter(self, key: str) -> None:
        """A letter that stands for a deed, and the page that follows."""
        self.wait()
        with self.page.expect_navigation():
            self.press(key)

    def go(self, words: str) -> None:
        """Tab on to something with these words; on a fresh page past the rail first."""
        self.wait()
        if self.page.evaluate("document.activeElement === document.body"):
            self.press("Tab")
            self.press("Enter")
        for _stop in range(MOST_STOPS):
            self.press("Tab")
            if words in self.page.evaluate(FOCUSED):
                return
        raise AssertionError(f"no way to “{words}” by Tab")

    def do(self, words: str) -> None:
        """Find a button or a link and press Enter on it."""
        self.go(words)
        with self.page.expect_navigation():
            self.press("Enter")

    def write(self, label: str, words: str) -> None:
        self.go(label)
        self.page.keyboard.type(words)

    def reads(self, words: str) -> bool:
        self.wait()
        return words in self.page.inner_text("main")


def settle_next(page, deed) -> None:
    before = page.locator("#playbook .plan-step-open").count()
    deed()
    wait_until(
        page, "n => document.querySelectorAll('#playbook .plan-step-open').length < n", before
    )


@contextmanager
def at_the_desk(browser, live_server, *users):
    with ExitStack() as stack:
        yield [
            Keys(stack.enter_context(looking(browser, live_server.url, session=session_of(user))))
            for user in users
        ]


def open_by_palette(keys: Keys, address: str, code: str) -> None:
    keys.page.goto(address)
    keys.press("Control+k")
    keys.page.keyboard.type(code)
    keys.page.wait_for_selector(f"#palette-list [role=option]:has-text('{code}')")
    keys.press("Enter")
    keys.page.wait_for_url(f"**/incidents/{code}/")


def test_three_people_lead_an_incident_from_alert_to_closing_by_keyboard_alone(
    browser, live_server, people
):
    incident = raise_alarm(*people[1:])
    with at_the_desk(browser, live_server, *people) as (commander, responder, speaker):
        for keys in (commander, responder, speaker):
            open_by_palette(keys, f"{live_server.url}/account/sessions/", incident.code)

        commander.letter("a")
        commander.letter("c")
        commander.do("Start the playbook")
        commander.go("Give a role")
        commander.press("Enter")
        commander.write("Role", "Comm")
        commander.write("Person", "Sari")
        commander.do("Give")

        responder.page.reload()
        responder.press("n")
        responder.page.keyboard.type("Nobody answers; the shop has no power")
        responder.go("Add the note")
        responder.press("Enter")
        responder.page.wait_for_selector("#timeline :text('the shop has no power')")
        responder.settle("x")

        commander.page.reload()
        assert commander.reads("Nobody answers; the shop has no power")
        commander.go("Decision")
        commander.page.keyboard.type("yes")
        commander.do("Decide")

        responder.page.reload()
        responder.write("Proof that is required", "12 pads")
        responder.settle("Enter")
        commander.page.reload()
        commander.do("Contained")

        speaker.letter("u")
        speaker.write("Message", "The shop sells on paper; tills return tonight.")
        speaker.do("Send")
        assert speaker.reads("The shop sells on paper")

        # J walks to the step that is left, X ticks the one we stand on.
        responder.page.reload()
        responder.press("j")
        responder.settle("x")

        commander.page.reload()
        commander.do("Recovered")
        commander.do("Open the review")
        commander.write("What went well", "Paper was at hand.")
        commander.write("Root cause", "A fuse.")
        commander.do("Save the review")
        commander.go("Sign off")
        commander.press("Enter")
        commander.page.wait_for_selector("dialog.ask")
        commander.press("Shift+Tab")
        with commander.page.expect_navigation():
            commander.press("Enter")
        commander.page.goto(f"{live_server.url}/incidents/{incident.code}/")
        commander.do("Close")

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.CLOSED
    assert incident.commander == people[0]
    assert StatusUpdate.objects.get(incident=incident).published_by == people[2]
    assert {step.status for step in RunStep.objects.all()} == {StepStatus.DONE}
    assert {step.done_by for step in RunStep.objects.all()} == {people[0], people[1]}


def test_on_a_phone_the_next_step_and_its_tick_come_first_and_lead_to_the_end(
    browser, live_server, people
):
    incident = raise_alarm()
    with looking(browser, live_server.url, session=session_of(people[0]), width=375) as page:
        page.set_default_timeout(20_000)
        page.goto(f"{live_server.url}/incidents/{incident.code}/")
        for words in ("I have it", "Take command", "Start response", "Start the playbook"):
            with page.expect_navigation():
                page.get_by_role("button", name=words).click()
        tick = page.locator(".next-step button.btn-primary")

        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert tick.bounding_box()["y"] < 812
        assert tick.bounding_box()["y"] < page.locator("#playbook").bounding_box()["y"]
        assert tick.bounding_box()["height"] >= 40
        while tick.count():
            proof = page.locator(".next-step input[name=note][required]")
            if proof.count():
                proof.fill("12 pads")
            shown = page.locator(".next-step").get_attribute("id")
            settle_next(page, tick.click)
            # The card of the next step is a part of its own and follows the plan a moment later.
            wait_until(page, "id => !document.getElementById(id)", shown)
        for words in ("Contained", "Recovered"):
            with page.expect_navigation():
                page.get_by_role("button", name=words).click()
        assert page.problems == []

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.RECOVERED
    assert not RunStep.objects.pending().exists()
