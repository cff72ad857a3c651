"""Accounts: who may make them, what is refused, what is shown once."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.last_administrator import LastAdministratorError
from bcp_portal.accounts.models import ApiToken, User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.api_token import create_api_token
from bcp_portal.accounts.services.invitation import send_invitation, sign_in_link
from bcp_portal.accounts.services.person import deactivate_person, edit_person
from bcp_portal.accounts.services.user import (
    AccountTakenError,
    create_user,
    set_roles,
)
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Job
from bcp_portal.shared.errors import DomainError
from incidents.services.policy import LevelPlan, save_policy
from tests.make import NOON, PASSWORD, make_region, make_site, make_user

pytestmark = pytest.mark.django_db
NEW = {
    "full_name": "Rina Kusuma",
    "email": "rina@example.org",
    "username": "rina",
    "job_title": "Shift lead",
    "phone": "",
    "language": "id",
    "time_zone": "Asia/Makassar",
    "roles": ["responder"],
}


@pytest.fixture
def boss(client):
    user = make_user(Role.ADMINISTRATOR, first_name="Ada", last_name="Admin")
    client.force_login(user)
    return user


def link_in(response) -> str:
    return re.search(
        r'value="[^"]*(/account/password/reset/key/[^"]+)"', response.content.decode()
    )[1]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR], ids=str)
def test_only_the_administrator_sees_accounts(client, role):
    client.force_login(make_user(role))

    for name in ("people", "person_add"):
        assert client.get(reverse(f"accounts:{name}")).status_code == 403


def test_an_invited_person_chooses_a_password_by_a_link_that_works_once(client, boss, settings):
    settings.EMAIL_URL = ""
    answer = client.post(reverse("accounts:person_add"), NEW)
    link = link_in(answer)
    rina = User.objects.get(username="rina")
    assert not rina.has_usable_password()
    assert [group.name for group in rina.groups.all()] == ["responder"]
    assert answer["Cache-Control"] == "no-store"

    stranger = Client()
    form = stranger.get(link, follow=True)
    assert form.status_code == 200
    place, said = form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}
    done = stranger.post(place, said, follow=True)
    assert b'href="/account/login/"' in done.content, "the next step is missing"

    assert Client().login(username="rina", password=PASSWORD)
    again = Client().get(link, follow=True)
    assert b"password1" not in again.content


def test_nobody_gets_the_name_or_the_mail_address_of_somebody_else():
    boss, rina = make_user(Role.ADMINISTRATOR), make_user(username="rina", email="rina@shop.id")
    other = make_user()
    facts = {"full_name": "Rina Two", "password": None, "roles": [], "actor": boss, "at": NOON}
    for taken in (
        {"username": "RINA", "email": "two@shop.id"},
        {"username": "two", "email": "Rina@Shop.id"},
    ):
        with pytest.raises(AccountTakenError):
            create_user(**facts, **taken)
    with pytest.raises(AccountTakenError):
        edit_person(user=other, full_name="Other", email="RINA@shop.id", actor=boss, at=NOON)
    # Nor by a way that passes the verbs by.
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=other.pk).update(email="Rina@Shop.ID")
    assert User.objects.get(email__iexact="rina@shop.id") == rina


def test_with_mail_the_link_travels_and_is_not_shown(client, boss, settings):
    settings.EMAIL_URL = "smtp://mail.example.org"
    answer = client.post(reverse("accounts:person_add"), NEW)

    assert b"/reset/key/" not in answer.content
    job = Job.objects.get(kind="accounts.invitation")
    send_invitation(subject_id=job.subject_id, at=NOON, again=False)
    assert mail.outbox[0].to == ["rina@example.org"]
    assert "/account/password/reset/key/" in mail.outbox[0].body


def test_a_taken_name_is_said_and_what_was_typed_stays(client, boss):
    make_user(username="rina")

    answer = client.post(reverse("accounts:person_add"), NEW)

    assert answer.status_code == 422
    assert b"The username rina is taken." in answer.content
    assert b"Shift lead" in answer.content


def test_the_list_is_searched_filtered_and_taken_away(client, boss):
    make_user(Role.RESPONDER, first_name="Rina", username="rina")
    make_user(Role.AUDITOR, first_name="Joko", username="joko", is_active=False)

    page = client.get(reverse("accounts:people"), {"role": "responder"}).content
    assert b"rina" in page
    assert boss.username.encode() not in page.partition(b"<tbody")[2].partition(b"</tbody>")[0]
    assert b"joko" not in client.get(reverse("accounts:people")).content
    assert b"joko" in client.get(reverse("accounts:people"), {"active": "no"}).content
    sheet = client.get(reverse("accounts:people"), {"export": "csv"})
    assert b"Responder" in b"".join(sheet)


def test_the_list_costs_the_same_however_many_people(client, boss, django_assert_max_num_queries):
    for _number in range(12):
        make_user(Role.RESPONDER)
    client.get(reverse("accounts:people"))

    with django_assert_max_num_queries(16):
        client.get(reverse("accounts:people"))


def test_the_page_of_a_person_shows_roles_sites_and_history(client, boss):
    rina = make_user(Role.RESPONDER, username="rina")
    SiteAssignment.objects.create(user=rina, region=make_region(name="Nusa Tenggara"))
    set_roles(user=rina, roles=[Role.AUDITOR], actor=boss, at=NOON, reason="moves to audit")

    page = client.get(reverse("accounts:person", args=["rina"])).content.decode()

    for words in (
        "Auditor",
        "Nusa Tenggara",
        "moves to audit",
        "Roles changed",
        "/people/rina/sites/",
    ):
        assert words in page


def test_nobody_changes_their_own_roles(client, boss):
    url = reverse("accounts:person_roles", args=[boss.username])

    answer = client.post(url, {"roles": ["administrator", "auditor"], "reason": "I can"})

    assert answer.status_code == 422
    assert b"Nobody changes their own roles." in answer.content


def test_roles_change_with_a_reason_in_the_trail(client, boss):
    rina = make_user(Role.RESPONDER, username="rina")
    url = reverse("accounts:person_roles", args=["rina"])

    assert client.post(url, {"roles": ["viewer"], "reason": ""}).status_code == 422
    client.post(url, {"roles": ["viewer"], "reason": "new shift"})

    row = AuditRow.objects.get(action="user.set_roles")
    assert (row.before, row.after, row.reason) == (
        {"roles": ["responder"]},
        {"roles": ["viewer"]},
        "new shift",
    )
    assert [group.name for group in rina.groups.all()] == ["viewer"]


def test_the_last_administrator_cannot_be_removed(boss):
    other = make_user(Role.ADMINISTRATOR, is_active=False)

    with pytest.raises(LastAdministratorError):
        set_roles(user=boss, roles=[Role.VIEWER], actor=other, at=NOON, reason="x")
    with pytest.raises(LastAdministratorError):
        deactivate_person(user=boss, actor=other, at=NOON, reason="x")


def test_a_deactivated_person_loses_sessions_and_tokens(client, boss):
    rina = make_user(Role.RESPONDER, username="rina")
    create_api_token(user=rina, name="till", actor=rina, at=NOON)
    theirs = Client()
    theirs.post("/account/login/", {"login": "rina", "password": PASSWORD})
    theirs.get("/inbox/")
    assert UserSession.objects.filter(user=rina).exists()

    client.post(reverse("accounts:person_deactivate", args=["rina"]), {"reason": "left us"})

    assert not User.objects.get(pk=rina.pk).is_active
    assert not UserSession.objects.filter(user=rina).exists()
    assert not ApiToken.objects.live().filter(user=rina).exists()
    assert theirs.get("/inbox/").status_code == 302
    client.post(reverse("accounts:person_reactivate", args=["rina"]), {"reason": "came back"})
    assert User.objects.get(pk=rina.pk).is_active


@pytest.mark.parametrize("place", ["fallback", "level"])
def test_whom_the_calls_need_cannot_be_deactivated(client, boss, place):
    rina, joko = make_user(username="rina"), make_user(username="joko")
    fallback, target = (rina, joko) if place == "fallback" else (joko, rina)
    save_policy(
        name="Night",
        fallback=fallback,
        levels=[LevelPlan(delay=NOON - NOON, users=[target])],
        actor=boss,
        at=NOON,
    )

    answer = client.post(reverse("accounts:person_deactivate", args=["rina"]), {"reason": "left"})

    assert answer.status_code == 422
    assert "Night" in answer.content.decode()
    assert User.objects.get(pk=rina.pk).is_active
    assert "Night" in client.get(reverse("accounts:person", args=["rina"])).content.decode()


def test_a_new_link_needs_a_reason_and_makes_the_password_choosable(client, boss, settings):
    settings.EMAIL_URL = ""
    make_user(username="rina")
    url = reverse("accounts:person_access", args=["rina"])

    assert client.post(url, {"reason": ""}).status_code == 422
    assert link_in(client.post(url, {"reason": "forgot it"}))
    assert AuditRow.objects.filter(action="user.renew_access", reason="forgot it").exists()


def test_a_link_dies_with_another_mail_address(client, boss):
    rina = make_user(username="rina")
    path = sign_in_link(rina).partition("/account")[2]
    client.post(
        reverse("accounts:person_edit", args=["rina"]),
        {**NEW, "email": "rina.k@example.org"},
    )

    rina.refresh_from_db()
    assert rina.email == "rina.k@example.org"
    assert rina.contact_methods.get().address == "rina.k@example.org"
    assert b"password1" not in Client().get(f"/account{path}", follow=True).content


def test_an_administrator_assigns_sites(client, boss):
    rina = make_user(Role.RESPONDER, username="rina")
    site = make_site(name="Kenari")
    url = reverse("assets:assignments", args=["rina"])

    assert client.get(url).status_code == 200
    assert client.post(url, {}).status_code == 422
    client.post(url, {"site": site.pk})
    row = SiteAssignment.objects.get(user=rina)
    assert row.site == site
    client.post(reverse("assets:assignment_withdraw", args=["rina", row.pk]))
    assert not SiteAssignment.objects.filter(user=rina).exists()


def test_a_verb_without_a_reason_is_refused(boss):
    with pytest.raises(DomainError):
        set_roles(user=make_user(), roles=[], actor=boss, at=NOON, reason="  ")
