"""Single sign-on against a real provider: who comes in, who never does, and what is on record."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.urls import reverse

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.person import deactivate_person
from bcp_portal.audit.models import AuditRow
from tests.make import NOON, PASSWORD, make_user
from tests.oidc_provider import CLIENT, SECRET, oidc_provider

pytestmark = pytest.mark.django_db
MAIL = "rina@example.org"
LEAVE = "/account/single-sign-on/"
BACK = "/account/single-sign-on/back/"


@pytest.fixture(scope="module")
def running():
    with oidc_provider() as provider:
        yield provider


@pytest.fixture
def provider(running, settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running.claims = {"email": MAIL, "email_verified": True}
    running.userinfo, running.discovery, running.asked = {}, {}, {}
    running.signing_key, running.algorithm = running.key, "RS256"
    settings.OIDC_ISSUER = running.address
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_NAME = "Rodajaya"
    cache.clear()
    return running


@pytest.fixture
def rina():
    return make_user(Role.RESPONDER, username="rina", email="Rina@Example.org")


def travel(client, *, to=LEAVE):
    """Go to the provider and come back with its answer, as a browser would."""
    out = client.get(to)
    assert out.status_code == 302, out.status_code
    answer = httpx.get(out["Location"], trust_env=False)
    return client.get(answer.headers["Location"].removeprefix("http://testserver"))


def is_in(client) -> bool:
    return client.get("/account/profile/").status_code == 200


def refusal_of(client, answer) -> str:
    assert answer["Location"] == "/account/login/"
    assert not is_in(client)
    return client.get(answer["Location"]).content.decode()


def test_without_an_issuer_there_is_neither_a_button_nor_a_door(client):
    assert client.get(LEAVE).status_code == 404
    assert client.get(BACK).status_code == 404
    assert LEAVE not in client.get("/account/login/").content.decode()


def test_the_sign_in_page_offers_it_by_name_and_keeps_where_somebody_wanted_to_go(client, provider):
    page = client.get("/account/login/", {"next": "/training/"}).content.decode()

    assert "Sign in with Rodajaya" in page
    assert f'href="{LEAVE}?next=/training/"' in page


def test_whom_the_provider_vouches_for_comes_in_and_lands_where_they_wanted_to_go(
    client, provider, rina
):
    answer = travel(client, to=f"{LEAVE}?next=/training/")

    assert answer["Location"] == "/training/"
    assert client.session["_auth_user_id"] == str(rina.pk)
    row = AuditRow.objects.get(action="user.sign_in")
    assert row.actor_name == rina.name
    assert row.after == {"by": ["single_sign_on"]}


def test_a_sign_in_by_password_is_on_record_too(client, rina):
    client.post(reverse("account_login"), {"login": "rina", "password": PASSWORD})

    assert AuditRow.objects.get(action="user.sign_in").after == {"by": ["password"]}


def test_the_password_stays_as_it_was(client, provider, rina):
    travel(client)

    rina.refresh_from_db()
    assert rina.check_password(PASSWORD)


def test_a_stranger_is_refused_and_no_account_is_made(client, provider):
    before = User.objects.count()

    assert "No active account has your mail address" in refusal_of(client, travel(client))
    assert User.objects.count() == before


@pytest.mark.parametrize("said", [False, "false", None, 1, "yes"])
def test_an_address_that_was_not_verified_proves_nothing(client, provider, rina, said):
    provider.claims["email_verified"] = said

    assert "has not verified your mail address" in refusal_of(client, travel(client))


def test_whoever_was_sent_off_stays_outside_and_that_is_on_record(client, provider, rina):
    boss = make_user(Role.ADMINISTRATOR)
    deactivate_person(user=rina, actor=boss, at=NOON, reason="left")

    assert "No active account" in refusal_of(client, travel(client))
    assert AuditRow.objects.filter(action="user.sign_in_refused", object_id=rina.pk).exists()


@pytest.mark.parametrize(
    "claim",
    [
        {"iss": "https://elsewhere.example"},
        {"nonce": "of another journey"},
        {"aud": "another-program"},
        {"azp": "another-program"},
        {"exp": int(time.time()) - 600},
    ],
    ids=lambda claim: next(iter(claim)),
)
def test_a_token_that_was_not_made_for_this_sign_in_is_refused(client, provider, rina, claim):
    provider.claims |= claim

    assert "cannot be trusted" in refusal_of(client, travel(client))


def test_a_token_that_somebody_else_signed_is_refused(client, provider, rina):
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert "cannot be trusted" in refusal_of(client, travel(client))


@pytest.mark.parametrize(("key", "algorithm"), [("", "none"), (SECRET * 4, "HS256")])
def test_a_token_without_the_providers_own_signature_is_refused(
    client, provider, rina, key, algorithm
):
    provider.signing_key, provider.algorithm = key, algorithm

    assert "cannot be trusted" in refusal_of(client, travel(client))


def test_a_provider_that_calls_itself_otherwise_is_not_asked(client, provider, rina):
    provider.discovery = {"issuer": "https://elsewhere.example"}

    assert "cannot be trusted" in refusal_of(client, client.get(LEAVE))


def test_an_answer_to_another_browser_is_refused(client, provider, rina):
    assert "began in another browser" in refusal_of(client, client.get(BACK, {"code": "x"}))
    client.get(LEAVE)
    foreign = client.get(BACK, {"code": "x", "state": "é"})

    assert "cannot be trusted" in refusal_of(client, foreign)


def test_an_answer_counts_once(client, provider, rina):
    out = client.get(LEAVE)
    answer = httpx.get(out["Location"], trust_env=False).headers["Location"]
    place = answer.removeprefix("http://testserver")
    client.get(place)
    assert is_in(client)
    client.post(reverse("account_logout"))

    assert "began in another browser" in refusal_of(client, client.get(place))


def test_a_slim_token_is_completed_by_asking_about_the_same_person(client, provider, rina):
    provider.claims = {}
    provider.userinfo = {"sub": "subject-1", "email": MAIL, "email_verified": True}
    travel(client)
    assert is_in(client)
    client.post(reverse("account_logout"))
    provider.userinfo["sub"] = "somebody else"

    assert "cannot be trusted" in refusal_of(client, travel(client))


def test_whoever_has_a_second_factor_is_asked_for_it_all_the_same(client, provider, rina):
    Authenticator.objects.create(user=rina, type=Authenticator.Type.TOTP, data={"secret": ""})

    assert travel(client)["Location"].startswith("/account/mfa/authenticate/")
    assert not is_in(client)
    assert not AuditRow.objects.filter(action="user.sign_in").exists()


def test_a_role_that_demands_a_second_factor_demands_it_here_too(client, provider, settings):
    settings.SECOND_FACTOR_ROLES = ["administrator"]
    make_user(Role.ADMINISTRATOR, email=MAIL)
    travel(client)

    assert client.get("/people/")["Location"] == "/account/mfa/"


def test_a_provider_that_does_not_answer_is_said_and_passwords_still_work(
    client, provider, settings, rina
):
    settings.OIDC_ISSUER = "http://127.0.0.1:1"

    assert "does not answer as it should" in refusal_of(client, client.get(LEAVE))
    client.post(reverse("account_login"), {"login": "rina", "password": PASSWORD})
    assert is_in(client)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"SIAGA_OIDC_ISSUER": "http://id.example.org"}, "must begin with https://"),
        ({"SIAGA_OIDC_ISSUER": "https://id.example.org"}, "SIAGA_OIDC_CLIENT_ID"),
    ],
)
def test_half_a_setting_stops_the_start(said, complaint):
    start = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "bcp_portal.settings", "SIAGA_OIDC_CLIENT_SECRET": "x"}
        | said,
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode != 0
    assert complaint in start.stderr


AGAIN = "/account/single-sign-on/again/"


@pytest.fixture
def signed_in_there(client, provider, rina):
    """Somebody without a password here, who came in by the provider an hour ago."""
    rina.set_unusable_password()
    rina.save()
    travel(client)
    age_the_proofs(client)
    return rina


def age_the_proofs(client):
    session = client.session
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        record | {"at": record["at"] - 3600} for record in records
    ]
    session.save()


def proven_ago(client) -> float:
    records = client.session[AUTHENTICATION_METHODS_SESSION_KEY]
    return time.time() - max(record["at"] for record in records)


def test_whoever_has_no_password_here_steps_up_by_signing_in_anew_at_the_provider(
    client, provider, signed_in_there
):
    asked = client.get("/account/reauthenticate/", {"next": "/training/"})
    out = client.get(asked["Location"])
    words = parse_qs(urlsplit(out["Location"]).query)
    answer = travel(client, to=asked["Location"])

    assert asked["Location"].startswith(AGAIN)
    assert (words["prompt"], words["max_age"]) == (["login"], ["0"])
    assert answer["Location"] == "/training/"
    assert proven_ago(client) < 60


@pytest.mark.parametrize(
    "said",
    [int(time.time()) - 3600, None, True, "now"],
    ids=["an hour ago", "nothing", "yes", "a word"],
)
def test_a_provider_that_did_not_ask_anew_proves_nothing(client, provider, signed_in_there, said):
    provider.claims["auth_time"] = said
    answer = travel(client, to=AGAIN)

    assert answer.status_code == 403
    assert proven_ago(client) > 3000
    assert is_in(client)


def test_a_colleague_at_the_provider_is_no_proof_for_the_one_signed_in_here(
    client, provider, signed_in_there
):
    make_user(Role.RESPONDER, username="sari", email="sari@example.org")
    provider.claims["email"] = "sari@example.org"
    answer = travel(client, to=AGAIN)

    assert answer.status_code == 403
    assert "another person" in answer.content.decode()
    assert proven_ago(client) > 3000
    assert client.session["_auth_user_id"] == str(signed_in_there.pk)


def test_a_provider_that_is_away_ends_the_step_up_with_a_sentence_and_not_in_a_circle(
    client, provider, settings, signed_in_there
):
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    answer = client.get(AGAIN, {"next": "/training/"})

    assert answer.status_code == 403
    assert f"{AGAIN}?next=/training/" in answer.content.decode()


def test_a_desk_that_is_locked_opens_by_the_provider_too(
    client, provider, settings, signed_in_there
):
    settings.LOCK_AFTER = timedelta(minutes=15)
    client.post("/account/lock/", {"deed": "lock"})
    assert client.get("/training/", HTTP_ACCEPT="text/html").status_code == 302
    travel(client, to=f"{AGAIN}?next=/training/")

    assert client.get("/training/", HTTP_ACCEPT="text/html").status_code == 200


def test_whoever_has_a_password_is_offered_the_provider_beside_it(client, provider, rina):
    travel(client)

    assert AGAIN in client.get("/account/reauthenticate/").content.decode()
