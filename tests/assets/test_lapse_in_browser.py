"""A signature lapses before the eyes of who looks at it, when a dependency changes (O2)."""

import json
import re

import pytest
from django.urls import reverse

from assets.services.asset import edit_asset
from assets.services.dependency import link_assets
from bcp_portal.live.models import LiveEvent
from tests.frame.browsing import chromium, looking, session_of
from tests.make import LATER
from tests.make_assets import make_asset
from tests.make_objectives import HOUR, make_signed, make_three

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEADERS = {"Content-Type": "text/event-stream"}


class Stream:
    """The server's stream, carried by hand: this server of the tests cannot hold a line open."""

    def __init__(self):
        self.told = LiveEvent.objects.count()

    def answer(self, route):
        """Everything that verbs have told since the last time; then the browser comes again."""
        news = LiveEvent.objects.order_by("pk")[self.told :]
        lines = [f"event: live\ndata: {json.dumps({'topic': one.topic})}\n\n" for one in news]
        self.told += len(lines)
        pulse = "retry: 1000\nevent: pulse\ndata: {}\n\n"
        route.fulfill(status=200, headers=HEADERS, body=pulse + "".join(lines))


def test_a_signature_lapses_while_somebody_looks_at_it(live_server):
    three = make_three()
    asset, _proposal = make_signed(three)
    database = make_asset(code="DB-1", own_restore=HOUR / 4, rto=HOUR / 2)
    address = live_server.url + reverse("assets:objective", args=[asset.code])
    with (
        chromium() as browser,
        looking(browser, live_server.url, session=session_of(three.owner)) as page,
    ):
        page.route(re.compile("/live/"), Stream().answer)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        before = page.inner_text("#signatures")

        link_assets(asset=asset, depends_on=database, kind="hard", actor=None, at=LATER)
        edit_asset(asset=database, facts={"own_restore": 3 * HOUR}, actor=None, at=LATER)
        lapsed = page.locator("#signatures", has_text=re.compile("lapsed", re.IGNORECASE))
        lapsed.wait_for(timeout=60_000)

        assert "lapsed" not in before.lower()
        assert "DB-1" in page.inner_text("#signatures")
        assert page.url == address  # nobody has loaded the page again
        assert page.problems == []
