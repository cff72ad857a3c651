"""How the tests use the pages without a link: somebody's browser, made ready, and its buttons."""

from contextlib import contextmanager, suppress

from django.conf import settings
from playwright.sync_api import Error, expect

from incidents.models import Operation
from incidents.services.role import take_role
from tests.frame.browsing import session_of
from tests.make import NOON
from tests.make_incidents import step_of

PASSPHRASE = "three blind mice run"
CANARY = "Zq7canaryXw"
PLAN = {"Isolate": [f"Unplug the {CANARY}", "Lock the door", "Call the landlord"]}
PATIENCE = 20_000


@contextmanager
def device(browser, server, user, *, width: int = 1280):
    """A browser of somebody who is signed in."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    try:
        yield prepare(context, server, user)
    finally:
        context.close()


def prepare(context, server, user):
    context.set_default_timeout(PATIENCE)
    name, value = settings.SESSION_COOKIE_NAME, session_of(user)
    context.add_cookies([{"name": name, "value": value, "url": server.url}])
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda words: page.problems.append(words.text)
            if "Content Security" in words.text else None)  # fmt: skip
    return page


def make_ready(page, server):
    page.goto(f"{server.url}/offline/")
    page.fill("#begin [name=first]", PASSPHRASE)
    page.fill("#begin [name=second]", PASSPHRASE)
    page.click("#begin button.btn-primary")
    expect(page.locator("#ready")).to_have_text("Offline-ready", timeout=PATIENCE)


def enter(page, passphrase=PASSPHRASE):
    page.fill("#unlock [name=passphrase]", passphrase)
    page.click("#unlock button.btn-primary")


def open_run(page, run):
    page.locator(".offline-incident", has_text=run.incident.code).click()
    expect(page.locator(".offline-step").first).to_be_visible()


def press(page, run, text, act="tick"):
    step = step_of(run, text)
    page.click(f'[data-step="{step.pk}"] [data-act="{act}"]')


def say_in_dialog(page, **fields):
    for name, value in fields.items():
        page.fill(f"dialog [name={name}]", value)
    page.click("dialog button[value=yes]")


def wait_for_unsent(page, count):
    counted = page.locator("#unsent")
    for _try in range(0 if count else 5):
        # A store that was busy is asked again in half a minute; a test does not wait for that.
        with suppress(AssertionError):
            expect(counted).to_have_text("Unsent: 0", timeout=4_000)
            return
        replay(page, at_once=True)
    expect(counted).to_have_text(f"Unsent: {count}", timeout=PATIENCE)


def replay(page, *, at_once=False):
    if at_once:  # does not wait until the back-off is over
        page.evaluate("import('/static/js/offline/sync.js').then(m => { m.state.retryAt = 0; })")
    page.evaluate("window.dispatchEvent(new Event('online'))")


def assign_everywhere(user, run):
    """A responder who holds a role in the incident sees it."""
    take_role(incident=run.incident, user=user, actor=None, at=NOON, role="operations")


def answer(status, route):
    route.fulfill(status=status)


def commit_and_cut(route):
    """The server commits; its answer is lost on the way."""
    with suppress(Error):  # the page may have given up by then
        route.fetch()
        route.abort()


def wait_for_count(page, count):
    for _try in range(200):
        if Operation.objects.count() == count:
            return
        page.wait_for_timeout(100)  # the browser works on while we wait
    raise AssertionError("nothing arrived")


def sign_in(page, server, user):
    name, value = settings.SESSION_COOKIE_NAME, session_of(user)
    page.context.add_cookies([{"name": name, "value": value, "url": server.url}])
