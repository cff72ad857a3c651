"""One's own profile: settings, ways to be called, tokens."""

import pytest
from django.core import mail
from django.urls import reverse

from bcp_portal.accounts.models import ApiToken, ContactMethod, User
from bcp_portal.accounts.roles import Role
from incidents.models import Delivery
from incidents.services.delivery import deliver
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db
PROFILE = "/account/profile/"


@pytest.fixture
def me(client):
    user = make_user(Role.VIEWER, username="me")
    client.force_login(user)
    return user


def test_a_stranger_has_no_profile(client):
    assert client.get(PROFILE).status_code == 302


def test_language_and_zone_hold_at_once(client, me):
    client.cookies["django_language"] = "en"

    said = {"language": "id", "time_zone": "Asia/Jayapura", "phone": "0812"}
    answer = client.post(PROFILE, said)

    fresh = User.objects.get(pk=me.pk)
    assert (fresh.language, fresh.time_zone, fresh.phone) == ("id", "Asia/Jayapura", "0812")
    assert answer.cookies["django_language"]["max-age"] == 0, "an older choice outlives it"
    del client.cookies["django_language"]
    assert client.get(PROFILE).wsgi_request.LANGUAGE_CODE == "id"


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("mail", "nobody"),
        ("webhook", "ftp://example.org"),
        ("chat", "hello"),
        ("chat", "json://example.org"),
    ],
)
def test_an_address_that_reaches_nobody_is_refused_and_kept_in_the_form(client, me, kind, address):
    answer = client.post(reverse("accounts:contact_add"), {"kind": kind, "address": address})

    assert answer.status_code == 422
    assert address in answer.content.decode()
    assert ContactMethod.objects.filter(user=me).count() == 1


def test_ways_to_be_called_are_added_ordered_and_removed(client, me):
    add = {"kind": "webhook", "address": "https://example.org/hook"}
    client.post(reverse("accounts:contact_add"), add)
    assert client.post(reverse("accounts:contact_add"), add).status_code == 422
    hook = ContactMethod.objects.get(user=me, kind="webhook")

    client.post(reverse("accounts:contact_prefer", args=[hook.pk]))
    assert [way.kind for way in ContactMethod.objects.visible_to(me)] == ["webhook", "mail"]
    client.post(reverse("accounts:contact_remove", args=[hook.pk]))
    assert [way.kind for way in ContactMethod.objects.visible_to(me)] == ["mail"]


def test_a_test_message_really_leaves(client, me):
    way = ContactMethod.objects.get(user=me)

    client.post(reverse("incidents:contact_test", args=[way.pk]))
    deliver(subject_id=Delivery.objects.get().pk, at=NOON, again=False)

    assert "This is a test: calls reach you by Mail." in mail.outbox[0].body


def test_somebody_elses_ways_do_not_exist(client, me):
    theirs = ContactMethod.objects.get(user=make_user())

    for name in ("accounts:contact_remove", "accounts:contact_prefer", "incidents:contact_test"):
        assert client.post(reverse(name, args=[theirs.pk])).status_code == 404


def test_a_token_is_shown_once_and_revoked(client, me):
    answer = client.post(reverse("accounts:token_add"), {"name": "till"})
    token = ApiToken.objects.get(user=me)
    assert "siaga_api_" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    page = client.get(PROFILE).content.decode()
    assert "till" in page

    client.post(reverse("accounts:token_revoke", args=[token.pk]))

    token.refresh_from_db()
    assert token.revoked_at is not None


def test_an_administrator_may_revoke_the_token_of_somebody_else(client, me):
    client.post(reverse("accounts:token_add"), {"name": "till"})
    token = ApiToken.objects.get(user=me)
    client.force_login(make_user(Role.VIEWER))
    assert client.post(reverse("accounts:token_revoke", args=[token.pk])).status_code == 404
    client.force_login(make_user(Role.ADMINISTRATOR))

    answer = client.post(reverse("accounts:token_revoke", args=[token.pk]))

    assert answer.url == reverse("accounts:person", args=["me"])
    assert not ApiToken.objects.live().exists()


def test_the_profile_costs_a_fixed_number_of_queries(client, me, django_assert_max_num_queries):
    client.get(PROFILE)

    with django_assert_max_num_queries(18):
        client.get(PROFILE)
