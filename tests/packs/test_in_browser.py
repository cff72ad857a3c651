"""The site's page in a real Chromium: asks nobody, works without script, keeps its ticks."""

import gzip
from datetime import UTC, datetime

import pytest

from bcp_portal.shared.ports import free_port
from siaga_agent.clock import Clock
from siaga_agent.orders import Trust
from siaga_agent.pack import PackShelf
from siaga_agent.pack_page import PackPage
from telemetry.ordering.signing import public_key
from tests.agent.make_agent import make_outbox
from tests.frame.browsing import chromium, grave_findings, looking
from tests.make import make_site, make_user
from tests.make_incidents import make_policy, make_version
from tests.make_packs import make_pack

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CALL = ".said-en [data-item='dark.call']"


@pytest.fixture
def page_at_site(tmp_path):
    """The pack as the portal makes it, held and shown by the site's own agent."""
    site = make_site(code="SBY-02", name="Surabaya Timur")
    make_policy([make_user(first_name="Dewi", phone="+62 811 222")])
    make_version({"Contain": ["Unplug the till"]})
    pack = make_pack(site, at=datetime.now(UTC))
    shelf = PackShelf(tmp_path, make_outbox(tmp_path), trust=Trust(public_key(), "SBY-02"))
    shelf.take({"envelope": pack.envelope, "html": gzip.decompress(pack.html).decode()})
    page = PackPage(shelf, port=free_port(), clock=Clock())
    assert page.open()
    yield page
    page.close()


def test_people_read_and_tick_at_the_site_and_nothing_leaves_the_machine(page_at_site, tmp_path):
    address = f"http://127.0.0.1:{page_at_site.port}"
    with chromium() as browser:
        with looking(browser, address, theme="light", width=375) as page:
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(address)
            page.locator("label[for=lang-en]").click()
            page.locator(".said-en [data-show=kept]").first.wait_for()
            page.locator(".said-en [data-who]").fill("Sari")
            page.locator(CALL).check()
            page.locator(".said-en small[data-when='dark.call']", has_text="Sari").wait_for()
            page.reload()
            page.locator(f"{CALL}:checked").wait_for(state="attached")
            assert {url.removeprefix(address) for url in asked} == {"/", "/marks"}
            assert page.evaluate("document.documentElement.scrollWidth") <= 375
            assert page.problems == []
            page.locator("label[for=lang-en]").click()
            assert grave_findings(page) == []
        with looking(browser, address, scripts=False) as page:
            page.goto(address)
            page.locator("label[for=lang-en]").click()
            text = page.locator(".said-en").inner_text()
            assert "Dewi" in text
            page.locator(".said-en summary").first.click()
            assert page.locator(".said-en", has_text="Unplug the till").count() == 1
    (mark,) = page_at_site.told()["marks"]
    assert (mark["kind"], mark["item"], mark["who"]) == ("tick", "dark.call", "Sari")
