"""Auditors find a row by person, thing, time and action, and read it field by field."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.person import edit_person
from bcp_portal.audit.models import AuditRow
from tests.make import NOON, make_user
from tests.make_audit import make_trail, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    user = make_user(Role.AUDITOR)
    client.force_login(user)
    return user


def test_the_trail_is_found_by_person_and_action(client, auditor):
    boss, other = make_user(first_name="Dewi"), make_user(first_name="Agung")
    edit_person(user=other, full_name="Agung N", email=other.email, actor=boss, at=NOON)
    write_rows(1)

    page = client.get(reverse("audit:trail"), {"person": boss.pk, "action": "user.edit"})

    assert page.context["list"].total == 1


def test_the_trail_says_what_vouches_for_it(client, auditor):
    make_trail(checkpoints=1, rows_each=2)

    text = client.get(reverse("audit:trail")).content.decode()

    assert "over 2 rows" in text


def test_a_row_shows_each_field_before_and_after(client, auditor):
    who = make_user(job_title="Clerk")
    edit_person(
        user=who, full_name="Sari M", email=who.email, job_title="Manager", actor=auditor, at=NOON
    )
    row = AuditRow.objects.get(action="user.edit")

    text = client.get(reverse("audit:row", args=[row.seq])).content.decode()

    assert "<del>Clerk</del>" in text
    assert "<ins>Manager</ins>" in text
    assert "As it was written" in text


def test_the_history_of_a_thing_is_one_page(client, auditor):
    write_rows(1)
    row = AuditRow.objects.get()

    page = client.get(reverse("audit:about", args=[row.object_kind, row.object_id]))

    assert row.action in page.content.decode()


def test_a_thing_nobody_ever_touched_has_no_history(client, auditor):
    assert client.get(reverse("audit:about", args=["risks.risk", "99"])).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR], ids=str)
def test_nobody_else_reads_the_trail(client, role):
    write_rows(1)
    client.force_login(make_user(role))

    assert client.get(reverse("audit:trail")).status_code == 403
    assert client.get(reverse("audit:row", args=[1])).status_code == 403
    assert client.post(reverse("audit:export")).status_code == 403


def test_the_trail_costs_a_fixed_number_of_queries(client, auditor, django_assert_max_num_queries):
    write_rows(30)

    with django_assert_max_num_queries(20):
        client.get(reverse("audit:trail"))


def test_personal_data_are_sealed_in_the_chain_and_shown_on_its_page(client, auditor):
    who = make_user(phone="0811")
    edit_person(user=who, full_name="Sari M", email=who.email, phone="0822", actor=auditor, at=NOON)
    row = AuditRow.objects.get(action="user.edit")

    assert row.after["phone"].keys() == {"sealed"}
    assert "0822" in client.get(reverse("audit:row", args=[row.seq])).content.decode()
    assert "0822" not in client.get(reverse("audit:trail")).content.decode()
