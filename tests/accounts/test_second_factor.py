"""The second factor: demanded by role, set up before anything else opens, never by accident."""

import json
import os
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from bcp_portal import diagnosis
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.api_token import create_api_token
from bcp_portal.live.audience import access_of
from tests.make import NOON, PASSWORD, make_user

pytestmark = pytest.mark.django_db
SETUP = "/account/mfa/"


@pytest.fixture
def demanded(settings):
    settings.SECOND_FACTOR_ROLES = ["administrator", "auditor"]


@pytest.fixture
def boss(client, demanded):
    user = make_user(Role.ADMINISTRATOR, first_name="Ada", last_name="Admin")
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return user


def give_app(user):
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": ""}
    )


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_nothing_is_demanded_where_nobody_set_it(client):
    client.force_login(make_user(Role.ADMINISTRATOR))

    assert client.get(reverse("accounts:people")).status_code == 200


@pytest.mark.parametrize("place", ["/", "/people/", "/account/sessions/", "/account/profile/"])
def test_whoever_holds_the_role_is_led_to_the_setup_from_every_page(client, boss, place):
    answer = client.get(place)

    assert answer.status_code == 302
    assert answer["Location"] == SETUP


def test_the_setup_says_why_and_shows_nothing_else(client, boss):
    page = client.get(SETUP).content.decode()

    assert "a stolen password alone must not be enough" in page
    assert reverse("account_logout") in page
    assert "data-live" not in page
    assert 'id="rail"' not in page


def test_with_an_authenticator_app_everything_opens_and_without_it_all_shuts_again(client, boss):
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith("/account/reauthenticate/"), "no fresh proof was asked for"
    form = client.post(asked["Location"], {"password": PASSWORD}, follow=True)
    assert form.status_code == 200
    said = {"code": code_of(form.context["form"].secret)}
    client.post(reverse("mfa_activate_totp"), said)

    assert Authenticator.objects.filter(user=boss, type=Authenticator.Type.TOTP).exists()
    assert client.get("/people/").status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert client.get("/people/")["Location"] == SETUP


def test_recovery_codes_alone_are_no_second_factor(client, boss):
    Authenticator.objects.create(user=boss, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert client.get("/people/")["Location"] == SETUP


def test_other_roles_go_on_as_before(client, demanded):
    client.force_login(make_user(Role.RESPONDER))

    assert client.get("/account/profile/").status_code == 200


def test_a_change_is_refused_like_a_page(client, boss):
    rina = make_user(Role.RESPONDER, username="rina")

    answer = client.post(reverse("accounts:person_deactivate", args=["rina"]), {"reason": "gone"})

    assert answer["Location"] == SETUP
    rina.refresh_from_db()
    assert rina.is_active


def test_a_part_of_a_page_sends_the_whole_page_to_the_setup(client, boss):
    answer = client.get("/people/", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == SETUP


def test_the_api_refuses_a_session_in_words_and_takes_a_token(client, boss):
    place = reverse("api:report-list")

    answer = client.get(place)

    assert answer.status_code == 403
    assert "two-step sign-in" in json.loads(answer.content)["detail"]
    auditor = make_user(Role.AUDITOR)
    _token, secret = create_api_token(user=auditor, name="export", actor=auditor, at=NOON)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get(place).status_code == 200


def test_nothing_is_heard_on_the_live_stream_before_the_setup(client, boss):
    assert access_of(client.session.session_key) is None

    give_app(boss)

    assert access_of(client.session.session_key) is not None


def test_whoever_will_not_can_sign_out_and_read_in_another_language(client, boss):
    spoken = client.post(reverse("set_language"), {"language": "id", "next": SETUP})
    assert spoken["Location"] == SETUP
    assert client.get(reverse("account_logout")).status_code == 200
    client.post(reverse("account_logout"))

    assert "/account/login/" in client.get("/people/")["Location"]


def test_public_doors_stay_open(client, boss):
    assert client.get("/healthz").status_code == 200


def test_the_doctor_says_of_whom_it_is_demanded_and_how_many_wait(boss, monkeypatch):
    monkeypatch.setattr(diagnosis.celery.control, "ping", lambda **_: [])

    def said():
        found = diagnosis.diagnose(NOON).findings
        return next(one.says for one in found if one.part == "second factor")

    assert "administrator, auditor; people who have yet to set it up: 1" in said()
    give_app(boss)
    assert said().endswith("administrator, auditor")


def test_an_unknown_role_stops_the_start_with_the_name_of_the_setting():
    start = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "bcp_portal.settings",
            "SIAGA_SECOND_FACTOR_ROLES": "administrator,amdin",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode != 0
    assert "SIAGA_SECOND_FACTOR_ROLES: there is no role amdin." in start.stderr
