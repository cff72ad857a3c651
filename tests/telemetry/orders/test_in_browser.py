"""Orders in a real browser: sign in, see what it would do, give it, follow it on the board."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.models import Order, Rung
from tests.frame.browsing import grave_findings, looking
from tests.make import PASSWORD, make_device, make_site, make_stream_state
from tests.make_orders import answer, give, make_commander, make_wave_plan

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shot(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def check(page, name):
    shot(page, name)
    assert grave_findings(page) == []
    assert page.problems == []


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 375)])
def test_an_order_is_given_and_followed(browser, live_server, theme, width):
    now = timezone.now()
    boss = make_commander(first_name="Ratna", last_name="Dewi")
    near = make_site(code="SBY-02", name="Surabaya Rungkut")
    dark = make_site(code="MLG-01", name="Malang Kota")
    device = make_device(site=near, heard_at=now, name="till")
    make_device(site=dark, heard_at=now - timedelta(days=2), node_state="dark", name="till")
    make_stream_state(device, rpo=timedelta(hours=1), pending_records=41, oldest_pending_at=now)
    earlier = give(near, dark, at=now)
    plan = make_wave_plan(near, dark, actor=boss)
    with looking(browser, live_server.url, theme=theme, width=width) as page:
        page.goto(f"{live_server.url}/account/login/?next=/orders/give/%3Fsites=SBY-02")
        page.fill("#id_login", boss.username)
        page.fill("#id_password", PASSWORD)
        page.click("main button[type=submit], form button[type=submit]")
        page.wait_for_url("**/orders/give/**")
        page.fill("#id_reason", "Wrong prices come from here")
        page.click("text=Preview")
        page.wait_for_selector("#preview")
        check(page, f"preview-{width}")
        page.click("text=Give the order")
        page.wait_for_url("**/orders/ORD-*/")
        answer(device, Rung.APPLIED, at=now, detail="sales stands still")
        page.reload()
        check(page, f"order-{width}")
        page.goto(f"{live_server.url}/orders/{earlier.code}/")
        check(page, f"order-two-{width}")
        page.goto(f"{live_server.url}/orders/")
        check(page, f"board-{width}")
        page.goto(f"{live_server.url}/orders/sites/")
        check(page, f"sites-{width}")
        page.goto(f"{live_server.url}/sites/SBY-02/")
        page.wait_for_selector("#orders")
        shot(page, f"site-{width}")
        page.goto(f"{live_server.url}/sites/SBY-02/orders/by-hand/")
        check(page, f"by-hand-{width}")
        page.goto(f"{live_server.url}/waves/{plan.code}/")
        check(page, f"wave-{width}")
        page.goto(live_server.url)
        shot(page, f"home-{width}")

    assert Order.objects.count() == 2
