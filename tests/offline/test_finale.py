"""The server's process is gone; a laptop and a phone work on; it returns, and nothing is lost."""

import subprocess
import sys
from contextlib import contextmanager
from secrets import token_urlsafe

import pytest
from playwright.sync_api import expect

from bcp_portal.shared.ports import free_port
from tests.frame.browsing import chromium
from tests.offline.pages import PATIENCE, enter, make_ready, replay, say_in_dialog, wait_for_unsent
from tests.offline.portals import Portal, own_portal
from tests.servers import reaper, wait_for_port

pytestmark = pytest.mark.browser

PREPARE = """
import json
from django.conf import settings
from django.test import Client
from bcp_portal.accounts.roles import Role
from incidents.services.role import take_role
from tests.make import NOON, make_user
from django.core.management import call_command
from tests.make_incidents import make_run, step_of
call_command("migrate", verbosity=0)
call_command("sync_roles", verbosity=0)
run = make_run({"Isolate": ["Unplug the tills", "Lock the door", "Call the landlord"]})
people = {
    "laptop": make_user(Role.INCIDENT_COMMANDER, first_name="Budi", last_name="Laptop"),
    "phone": make_user(Role.RESPONDER, first_name="Ani", last_name="Phone"),
}
take_role(incident=run.incident, user=people["phone"], actor=None, at=NOON, role="operations")
def session(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
print(json.dumps({
    "code": run.incident.code,
    "cookie": settings.SESSION_COOKIE_NAME,
    "sessions": {name: session(user) for name, user in people.items()},
    "steps": {text: step_of(run, text).pk
              for text in ("Unplug the tills", "Lock the door", "Call the landlord")},
}))
"""
LOOK = """
import json
from pathlib import Path
from django.utils import timezone
from bcp_portal.reports.renderer import stop_renderer
from bcp_portal.reports.services.report_file import make_paper
from datetime import timedelta
from incidents.models import Incident, Operation
from incidents.selectors.run_log import merge_of
incident = Incident.objects.get(code=@code)
at = timezone.now() + timedelta(minutes=@minutes)
paper, _content = make_paper(kind="incident", subject_id=incident.pk, language="en", at=at)
Path(@paper).write_bytes(paper.bytes)
stop_renderer()
ops = Operation.objects.filter(is_queued=True)
print(json.dumps({
    "deeds": sorted([op.actor.first_name, op.kind, op.outcome] for op in ops),
    "waited": [(op.received_at - op.happened_at).total_seconds() for op in ops],
    "known": Operation.objects.count(),
    "open": [card.title for card in merge_of(incident).open_clashes],
}))
"""
# The same server, so many minutes later: everything in its process tells that time. Static files
# come from where they are written, as in every test.
SERVE = """
import sys, time_machine, uvicorn
from datetime import UTC, datetime, timedelta
port, minutes = map(int, sys.argv[1:])
time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes), tick=True).start()
from django.conf import settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
from bcp_portal.asgi import application
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
uvicorn.run(
    ASGIStaticFilesHandler(application), host="127.0.0.1", port=port, log_level="warning",
    timeout_graceful_shutdown=1,
)
"""
MINUTES = 10


class Web:
    """The process that serves the portal; it can be killed and started again, later."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.port = portal, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self, *, minutes: int = 0) -> None:
        words = [sys.executable, "-c", SERVE, str(self.port), str(minutes)]
        self.process = subprocess.Popen(words, cwd=self.portal.root, env=self.portal.environment)
        reaper().watch(self.process.pid)
        wait_for_port(self.port, within=60)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            reaper().forget(self.process.pid)
        self.process = None


@pytest.fixture
def portal(tmp_path):
    hosts = "127.0.0.1,testserver"
    with own_portal(tmp_path / "finale", token_urlsafe(48), SIAGA_ALLOWED_HOSTS=hosts) as own:
        yield own


@pytest.fixture
def made(portal):
    return portal.ask(PREPARE)


@pytest.fixture
def web(portal, made):
    server = Web(portal)
    server.start()
    yield server
    server.kill()


@contextmanager
def device(browser, web, made, name, *, width):
    """Somebody's browser whose clock the test turns forward."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(PATIENCE)
    value = made["sessions"][name]
    context.add_cookies([{"name": made["cookie"], "value": value, "url": web.url}])
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.clock.install()
    make_ready(page, web)
    yield page
    context.close()


def later(page, minutes):
    """Somebody who looks at the page now and then; quiet for five minutes, it would lock."""
    for _minute in range(minutes):
        page.clock.fast_forward(60_000)
        page.mouse.click(5, 5)


def do(page, made, text, act="tick"):
    page.click(f'[data-step="{made["steps"][text]}"] [data-act="{act}"]')


def write(page, text):
    page.fill("#note-form textarea", text)
    page.click("#note-form button.btn-sm")


def test_two_people_work_ten_minutes_without_a_server_and_the_report_tells_it(
    portal, web, made, tmp_path
):
    with (
        chromium() as browser,
        device(browser, web, made, "laptop", width=1280) as laptop,
        device(browser, web, made, "phone", width=375) as phone,
    ):
        web.kill()
        laptop.goto(f"{web.url}/incidents/{made['code']}/")
        phone.goto(f"{web.url}/incidents/{made['code']}/")
        for page in (laptop, phone):
            enter(page)
        do(laptop, made, "Unplug the tills")
        write(phone, "Smoke in the back room")
        for page in (laptop, phone):
            later(page, 4)
        do(phone, made, "Unplug the tills")
        do(laptop, made, "Lock the door", act="skip")
        say_in_dialog(laptop, reason="no key")
        for page in (laptop, phone):
            later(page, 4)
        do(phone, made, "Lock the door")
        write(laptop, "The landlord was called by mobile")
        for page in (laptop, phone):
            later(page, 2)
            wait_for_unsent(page, 3)
            expect(page.locator("#link")).to_have_text("no connection")

        web.start(minutes=MINUTES)
        for page in (laptop, phone):
            replay(page)
            wait_for_unsent(page, 0)
        assert laptop.problems == phone.problems == []
        laptop.goto(f"{web.url}/incidents/{made['code']}/")
        expect(laptop.locator("#clashes .card-watch")).to_have_count(1)
        expect(laptop.locator("#clashes")).to_contain_text("Done and skipped: Lock the door")

    told = portal.ask(
        LOOK, code=made["code"], paper=str(tmp_path / "paper.pdf"), minutes=MINUTES + 1
    )
    assert told["deeds"] == [
        ["Ani", "note", "applied"], ["Ani", "tick", "clashed"], ["Ani", "tick", "corroborated"],
        ["Budi", "note", "applied"], ["Budi", "skip", "applied"], ["Budi", "tick", "applied"],
    ]  # fmt: skip
    assert told["known"] == 6
    assert told["open"] == ["Done and skipped"]
    assert max(told["waited"]) > 9 * 60
    annex = text_of(tmp_path / "paper.pdf").split("Done without a link, and when it arrived")[1]
    annex = annex.split("Audit trail of this incident")[0]
    for words in ("Ani Phone", "Budi Laptop", "Smoke in the back room", "no key",
                  "Where two devices disagreed", "Done and skipped"):  # fmt: skip
        assert words in annex


def text_of(paper):
    done = subprocess.run(
        ["pdftotext", "-layout", str(paper), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout
