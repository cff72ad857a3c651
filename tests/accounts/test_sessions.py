"""Where somebody is signed in: all of it listed, ended from anywhere; deeds that ask again."""

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from tests.make import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LIST = "/account/sessions/"


def sign_in(user, *, browser: str) -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return client


def is_in(client) -> bool:
    return client.get("/account/profile/").status_code == 200


def test_every_browser_is_listed_and_this_one_is_marked():
    rina = make_user(Role.RESPONDER)
    here, _there = sign_in(rina, browser="Desk"), sign_in(rina, browser="Lost phone")
    sign_in(make_user(), browser="Of somebody else")

    page = here.get(LIST).text

    assert "Desk" in page
    assert "Lost phone" in page
    assert "Of somebody else" not in page
    assert page.count("this one</span>") == 1


def test_signing_out_everywhere_else_ends_the_others_at_once_and_keeps_this_one():
    rina, dewi = make_user(Role.RESPONDER), make_user()
    here, there = sign_in(rina, browser="Desk"), sign_in(rina, browser="Lost phone")
    other = sign_in(dewi, browser="Of somebody else")

    here.post(LIST)

    assert is_in(here)
    assert not is_in(there)
    assert is_in(other)
    assert "Lost phone" not in here.get(LIST).text


def test_a_new_password_ends_every_sign_in():
    rina = make_user(Role.RESPONDER)
    here, there = sign_in(rina, browser="Desk"), sign_in(rina, browser="Lost phone")
    fresh = "another horse battery staple"
    said = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}

    form = here.get(reverse("account_change_password"), follow=True)
    if "reauthenticate" in form.request["PATH_INFO"]:
        here.post(form.redirect_chain[-1][0], {"password": PASSWORD})
    here.post(reverse("account_change_password"), said)

    assert not is_in(here)
    assert not is_in(there)


def test_a_deed_that_reaches_far_asks_again_and_opens_after_a_fresh_proof():
    dewi = make_user(Role.INCIDENT_COMMANDER)
    client = sign_in(dewi, browser="Desk")
    deed = reverse("telemetry:order_give")
    assert client.get(deed).status_code == 200, "a sign-in of this minute is fresh"
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 3600
    session.save()

    asked = client.get(deed)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert client.post(asked["Location"], {"password": "a guess"}).status_code == 200
    assert client.get(deed).status_code == 302
    back = client.post(asked["Location"], {"password": PASSWORD})

    assert back["Location"] == deed
    assert client.get(deed).status_code == 200
