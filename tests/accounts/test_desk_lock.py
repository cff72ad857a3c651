"""A desk that was left: covered and refused until a fresh proof, and nothing typed is lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bcp_portal.accounts.desk_lock import ACTIVE
from bcp_portal.accounts.roles import Role
from tests.frame.browsing import chromium, grave_findings, looking
from tests.make import PASSWORD, make_user

LOCK = "/account/lock/"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def rina(client, settings, db):
    settings.LOCK_AFTER = timedelta(minutes=15)
    user = make_user(Role.RESPONDER)
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return user


def say(client, deed):
    return client.post(LOCK, {"deed": deed}).json()["locked"]


def idle(client, minutes):
    session = client.session
    session[ACTIVE] -= minutes * 60
    session.save()


def prove(client, password=PASSWORD):
    return client.post(f"{reverse('account_reauthenticate')}?next={LOCK}", {"password": password})


def test_nothing_is_locked_where_nobody_set_it(client, db):
    client.force_login(make_user(Role.RESPONDER))

    assert say(client, "lock") is False
    assert client.get("/account/profile/").status_code == 200
    assert "desk-lock" not in client.get("/").text


def test_a_locked_desk_opens_nothing_but_the_proof(client, rina):
    assert say(client, "lock") is True

    asked = client.get("/training/?q=1", headers=BROWSER)
    assert asked["Location"] == "/account/reauthenticate/?next=%2Ftraining%2F%3Fq%3D1"
    assert client.post("/account/profile/", {}, headers=BROWSER).status_code == 302
    assert client.get("/training/", headers={"HX-Request": "true"}).status_code == 423
    assert client.get("/api/v1/incidents/").status_code == 423
    assert client.get("/healthz").status_code == 200
    form = client.get("/account/reauthenticate/", headers=BROWSER)
    assert form.status_code == 200
    assert 'id="rail"' not in form.text, "the rail names what is open"


def test_only_a_proof_opens_it_again(client, rina):
    say(client, "lock")

    assert say(client, "active") is True
    assert prove(client, "a guess").status_code == 200
    assert client.get("/training/").status_code == 423
    assert prove(client)["Location"] == LOCK
    assert "open again" in client.get(LOCK, headers=BROWSER).text
    assert client.get("/training/").status_code == 200


def test_a_browser_that_says_nothing_for_too_long_is_locked_by_the_server(client, rina):
    client.get("/training/", headers=BROWSER)
    idle(client, 16)
    assert client.get("/training/").status_code == 200, "the page itself may be late by a minute"
    idle(client, 2)

    assert client.get("/training/").status_code == 423


def test_parts_that_refresh_themselves_are_nobody_at_the_desk(client, rina):
    client.get("/training/", headers=BROWSER)
    idle(client, 10)
    before = client.session[ACTIVE]
    client.get("/training/", headers={"HX-Request": "true"} | BROWSER)
    assert client.session[ACTIVE] == before

    say(client, "active")

    assert client.session[ACTIVE] > before


def test_another_sign_in_of_the_same_person_stays_open(client, rina):
    phone = Client()
    phone.post(reverse("account_login"), {"login": rina.username, "password": PASSWORD})

    say(client, "lock")

    assert phone.get("/training/").status_code == 200


def test_whoever_will_not_prove_it_can_sign_out(client, rina):
    say(client, "lock")
    client.post(reverse("account_logout"))

    assert "/account/login/" in client.get("/training/", headers=BROWSER)["Location"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_was_typed_is_still_there_after_the_unlock(live_server, settings):
    settings.LOCK_AFTER = timedelta(seconds=6)
    rina = make_user(Role.RESPONDER)
    with chromium() as browser, looking(browser, live_server.url, width=375) as page:
        page.goto(f"{live_server.url}/account/login/?next=/account/profile/")
        page.fill("[name=login]", rina.username)
        page.fill("[name=password]", PASSWORD)
        page.locator("main button.btn-primary").click()
        page.fill("[name=phone]", "+62 812 1111")
        page.wait_for_selector("#desk-lock[open]", timeout=25_000)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        assert page.locator("#desk-lock").is_visible()
        assert not page.locator("[name=phone]").is_visible()
        assert grave_findings(page) == []
        page.wait_for_timeout(1500)

        with page.context.expect_page() as opened:
            page.locator("#desk-lock a").click()
        tab = opened.value
        tab.fill("[name=password]", PASSWORD)
        tab.locator("main button[type=submit]").first.click()
        tab.wait_for_url("**/account/lock/")
        tab.close()

        page.wait_for_selector("#desk-lock", state="hidden", timeout=25_000)
        assert page.input_value("[name=phone]") == "+62 812 1111"
        assert page.locator("[name=phone]").is_visible()
        assert page.problems == []
