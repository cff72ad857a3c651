"""Personal data of who has left can be erased, and the trail stays whole."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.models import ContactMethod
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.erasure import StillHereError, erase_person
from bcp_portal.accounts.services.person import deactivate_person, edit_person
from bcp_portal.audit.models import AuditRow, SealedValue
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.audit.verifier import check_trail
from tests.make import LATER, NOON, make_user
from tests.make_audit import take

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def gone(boss):
    user = make_user(phone="0811")
    edit_person(
        user=user, full_name="Sari M", email="sari@example.org", phone="0822", actor=boss, at=NOON
    )
    deactivate_person(user=user, actor=boss, at=NOON, reason="Left")
    return user


def test_erasing_breaks_neither_chain_nor_checkpoints(boss, gone):
    sign_all(at=NOON)
    assert SealedValue.objects.exists()

    erase_person(user=gone, actor=boss, at=LATER, reason="Asked for by letter")

    assert not SealedValue.objects.exists()
    sign_all(at=LATER)
    assert list(check_trail(take().rows, take().checkpoints)) == []


def test_nothing_personal_is_left(boss, gone):
    erase_person(user=gone, actor=boss, at=LATER, reason="Asked for by letter")

    gone.refresh_from_db()
    assert (gone.email, gone.phone) == (f"erased-{gone.pk}@invalid.invalid", "")
    assert not ContactMethod.objects.filter(user=gone).exists()
    rows = str(list(AuditRow.objects.values_list("before", "after")))
    assert "sari@example.org" not in rows
    assert "0822" not in rows


def test_the_page_of_the_row_says_that_it_was_erased(client, boss, gone):
    erase_person(user=gone, actor=boss, at=LATER, reason="Asked for by letter")
    row = AuditRow.objects.get(action="user.edit")
    client.force_login(make_user(Role.AUDITOR))

    text = client.get(reverse("audit:row", args=[row.seq])).content.decode()

    assert "erased" in text
    assert AuditRow.objects.filter(action="audit.read_personal").count() == 1


def test_only_a_closed_account_is_forgotten(boss):
    with pytest.raises(StillHereError):
        erase_person(user=make_user(), actor=boss, at=LATER, reason="x")


def test_an_administrator_erases_on_the_page(client, boss, gone):
    client.force_login(boss)

    answer = client.post(
        reverse("accounts:person_erase", args=[gone.username]), {"reason": "Asked for by letter"}
    )

    assert answer.status_code == 302
    assert AuditRow.objects.filter(action="user.erase").exists()
