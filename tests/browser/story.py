"""What people do in the story, in the words of the page: each function is one thing they do."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from re import Pattern

from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.portal import LONG_ENOUGH

PATIENCE = LONG_ENOUGH * 1000


@contextmanager
def signed_in(browser: Browser, portal, username: str):
    """A browser of their own for one of the demo's people."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{portal.address}/account/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", portal.passwords[username])
    page.locator("form.form button[type=submit]").first.click()
    page.wait_for_selector("#rail")
    yield page
    context.close()


def wait_for_text(page: Page, selector: str, text: str | Pattern[str]) -> None:
    page.wait_for_selector("#rail", state="attached")  # between two pages there is none
    expect(page.locator(selector).first).to_contain_text(text, timeout=PATIENCE)


def throw(page: Page, portal, button: str) -> None:
    """Throw a switch on the drills page."""
    page.goto(f"{portal.address}/drills/")
    page.get_by_role("button", name=button).click()
    wait_for_text(page, "body", "The fleet follows")


def press(page: Page, label: str) -> None:
    """Press one of the buttons in the head of an incident."""
    page.locator("#head").get_by_role("button", name=label, exact=True).click()
    page.wait_for_load_state()


def follow_playbook(page: Page, second: Page, *, until: str = "") -> list[str]:
    """Do every next step; where a second person must confirm, the other browser does."""
    done: list[str] = []
    while page.locator(".next-step").count():
        step = page.locator(".next-step")
        text = step.locator(".next-step-text").inner_text()
        if until and until in text:
            break
        where = step.get_attribute("id") or ""
        who = page
        if step.get_by_role("button", name="Confirm as second person").count():
            second.goto(page.url)
            who = second
        choice = who.locator(".next-step select[name=chosen]")
        if choice.count():
            choice.select_option("yes" if "yes" in _options(who) else _options(who)[0])
        mark = step.get_attribute("data-mark")
        # The deed goes without leaving the page: what counts is that it was answered.
        with who.expect_response(lambda answer: answer.request.method == "POST"):
            who.locator(".next-step button.btn-primary").click()
        who.wait_for_load_state()
        open_again(page)
        # The step is another one now, or waits for the second person.
        after = page.locator(".next-step")
        if after.count():
            assert (after.get_attribute("id"), after.get_attribute("data-mark")) != (where, mark)
        done.append(text)
    return done


def open_again(page: Page) -> None:
    """Open the same page anew; a deed that was just answered may be leading there, too."""
    for _try in range(5):
        try:
            page.goto(page.url)
            return
        except Error as trouble:
            if "ERR_ABORTED" not in str(trouble):
                raise
            page.wait_for_load_state()
    raise AssertionError("the page never came to rest")


def _options(page: Page) -> list[str]:
    choices = page.locator(".next-step select[name=chosen] option")
    return [choices.nth(n).get_attribute("value") or "" for n in range(choices.count())]


def write_review(page: Page) -> None:
    """Open the review, write it, promise something, sign it."""
    page.get_by_role("button", name="Open the review").click()
    page.fill("[name=went_well]", "Every shop went on selling; the queues drained by themselves.")
    page.fill("[name=went_badly]", "The first call was not answered.")
    page.fill("[name=lucky]", "It happened in daylight.")
    page.fill("[name=root_cause]", "The only fibre of the province was cut.")
    page.get_by_role("button", name="Save the review").click()
    wait_for_text(page, "body", "The review is saved.")
    add = page.locator("details", has_text="Add a promise")
    if not add.get_by_label("What is to be done").is_visible():
        add.locator("summary").click()
    add.get_by_label("What is to be done").fill("Order a second path for Jawa Timur")
    add.get_by_label("Owner").select_option(label="Bagus Pratama")
    add.get_by_label("By", exact=True).fill(
        (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    )
    add.get_by_role("button", name="Add", exact=True).click()
    wait_for_text(page, "body", "Order a second path for Jawa Timur")


def sign_review(page: Page, incident: str) -> None:
    """Sign what was learned; the page asks once more. Whoever signs, in their language."""
    page.goto(f"{incident}review/")
    form = page.locator('form[action$="/review/sign/"]')
    form.locator("button").click()
    page.locator("dialog.ask button.btn-danger").click()
    expect(form).to_have_count(0, timeout=PATIENCE)


def download_report(page: Page, incident: str) -> tuple[bytes, str]:
    """Make the report, wait for it, and fetch it: its bytes, and the hash that the page shows."""
    page.goto(f"{incident}review/")
    page.get_by_role("button", name="Make the report").click()
    link = page.get_by_role("link", name="Download the PDF")
    expect(link).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        link.click()
    paper = download.value.path().read_bytes()
    return paper, page.locator("#state dt", has_text="SHA-256 of the file").locator(
        "xpath=following-sibling::dd[1]"
    ).inner_text()


def accept_evidence(page: Page, portal, *, code: str, risk: str) -> None:
    """Weigh what an incident says about a risk: it has to be judged again."""
    page.goto(f"{portal.address}/risks/inbox/")
    row = page.locator("tr", has_text=risk).filter(has_text=code).first
    expect(row).to_be_visible(timeout=PATIENCE)
    row.get_by_role("link", name="Accept").click()
    page.fill("[name=reason]", "Seen again: one cut, nine sites dark.")
    page.get_by_role("button", name="Accept and judge again").click()
    page.wait_for_load_state()


def record_proof(page: Page, portal, *, code: str, asset: str) -> None:
    """Record what a recovery took as proof of the target; whoever owns it, in their language."""
    page.goto(f"{portal.address}/risks/for-incident/{code}/")
    row = page.locator("tr", has_text=asset)
    row.locator("form button").click()
    page.wait_for_load_state()
