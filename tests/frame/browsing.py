"""A real Chromium for the tests that look at pages: signed in, in one theme, all ears."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAVE = {"serious", "critical"}
UNTIL = 30.0


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run one browser; while it runs, its loop shares our thread with the store."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = CHROMIUM if Path(CHROMIUM).exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def looking(
    browser: Browser,
    address: str,
    *,
    session: str = "",
    theme: str = "dark",
    width: int = 1280,
    scripts: bool = True,
) -> Iterator[Page]:
    """Open a page in a fresh profile; `page.problems` gathers what the browser complained about."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=scripts
    )
    cookies = [{"name": "theme", "value": theme, "url": address}]
    if session:
        cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address})
    context.add_cookies(cookies)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: _note(page, message))
    yield page
    context.close()


def _note(page: Page, message) -> None:
    if "Content Security Policy" in message.text or "Refused to" in message.text:
        page.problems.append(message.text)


def wait_until(page: Page, expression: str, arg=None) -> None:
    """Ask the page again and again until the answer is true.

    Playwright's own waiting evaluates text inside the page, which our policy of contents forbids
    as soon as the first answer is no; what is asked from outside is not under that policy.
    """
    ends = monotonic() + UNTIL
    while monotonic() < ends:
        # A page that is just being left has no answer.
        with suppress(Error):
            if page.evaluate(expression, arg):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"not true within {UNTIL:.0f} s: {expression}")


def session_of(user) -> str:
    """A signed-in session of somebody, as a cookie's value."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def grave_findings(page: Page) -> list[str]:
    """What axe finds serious or critical, with the first element it found it at."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:160]} {rule['nodes'][0]['failureSummary'][:200]}"
        for rule in found
        if rule["impact"] in GRAVE
    ]


def add_authenticator(page: Page) -> None:
    """A passkey of the test: one that can compute secrets (PRF)."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasPrf": True,
        "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
