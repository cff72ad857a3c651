"""A running portal freezes the till of a shop, through a real agent; a cut link, and free again."""

import re

import httpx
import pytest

from siaga_agent.demo_source import till_adapter
from tests.browser.portal import running_portal, wait_until
from tests.servers import private_smtp
from tests.story import chain

pytestmark = pytest.mark.story
SITE = "SBY-02"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SEEN = re.compile(r'name="seen" value="([^"]+)"')
DIGEST = re.compile(r'name="digest" value="([^"]+)"')


class Person:
    """Somebody at a browser: signs in, reads pages, presses buttons."""

    def __init__(self, portal, username):
        self._client = httpx.Client(
            base_url=portal.address, timeout=60, trust_env=False, follow_redirects=True
        )
        self.press(
            "/account/login/", login=username, password=portal.passwords[username], token_from=""
        )

    def read(self, path):
        answer = self._client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def press(self, path, *, token_from=None, **fields):
        page = self.read(token_from or path)
        told = fields | {"csrfmiddlewaretoken": TOKEN.search(page)[1]}
        answer = self._client.post(path, data=told, headers={"Referer": str(self._client.base_url)})
        assert answer.status_code in (200, 422), (path, answer.status_code)
        return answer.text


def test_a_till_stands_still_by_order_and_runs_again(tmp_path):
    data, till = tmp_path / "portal", tmp_path / "till"
    data.mkdir()
    till.mkdir()
    with private_smtp() as mails, running_portal(data, mail=mails.url, fleet=False) as portal:
        reader = chain.Caller(portal, "dewi")
        adapter = till_adapter(till)
        with chain.running_agent(portal, tmp_path, site=SITE, adapter=adapter) as link:
            wait_until(lambda: chain.stream_of(reader, SITE, "sales"), "the till was never heard")
            dewi, bagus = Person(portal, "dewi"), Person(portal, "bagus")
            told = {
                "action": "freeze", "sites": SITE, "reason": "Wrong prices come from here",
                "on_expiry": "hold",
            }  # fmt: skip
            preview = dewi.press("/orders/give/", **told)
            dewi.press("/orders/give/", **told, seen=SEEN.search(preview)[1])
            order = reader.rows("orders/")[0]["code"]

            wait_until((till / "frozen").exists, "the till never stood still")
            wait_until(lambda: is_held(dewi, order), "nobody said that it stands still")
            assert reader.get(f"orders/{order}/")["not_applied"] == 0

            link.cut()
            dewi.press(f"/orders/{order}/lift/", reason="The source is sound again")
            lift = reader.rows("orders/")[0]["code"]
            page = bagus.read(f"/orders/{lift}/")
            bagus.press(
                f"/orders/{lift}/approve/", token_from=f"/orders/{lift}/",
                digest=DIGEST.search(page)[1],
            )  # fmt: skip
            assert reader.get(f"orders/{order}/")["status"] == "lifted"
            assert (till / "frozen").exists()

            link.restore()
            wait_until(lambda: not (till / "frozen").exists(), "the till never ran again")


def is_held(person, order):
    page = person.read(f"/orders/{order}/")
    return "Held: seen in force" in page
