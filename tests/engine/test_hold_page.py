"""The page of held calls: seen by few, let go by two."""

import pytest
from django.test import Client

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import CallHold
from bcp_portal.engine.services.hold import hold_all_calls
from tests.make import make_user
from tests.make_engine import NOON

pytestmark = pytest.mark.django_db
PAGE, RELEASE = "/engine/holds/", "/engine/holds/release/"


@pytest.fixture
def hold():
    return hold_all_calls(reason="Restored from a backup", actor=None, at=NOON)


def signed_in(*roles):
    client = Client()
    client.force_login(make_user(*roles))
    return client


def test_two_commanders_let_calls_go_from_the_page(hold):
    for _person in range(2):
        signed_in(Role.INCIDENT_COMMANDER).post(RELEASE)

    assert not CallHold.objects.in_force().exists()


def test_one_person_pressing_twice_lets_nothing_go(hold):
    client = signed_in(Role.ADMINISTRATOR)
    client.post(RELEASE)

    answer = client.post(RELEASE, follow=True)

    assert CallHold.objects.in_force().exists()
    assert "A second person must agree" in answer.content.decode()


def test_an_auditor_sees_holds_and_cannot_let_them_go(hold):
    client = signed_in(Role.AUDITOR)

    assert "Restored from a backup" in client.get(PAGE).content.decode()
    assert client.post(RELEASE).status_code == 403


def test_a_viewer_does_not_see_holds(hold):
    assert signed_in(Role.VIEWER).get(PAGE).status_code == 403


def test_the_banner_leads_to_the_page(hold):
    assert f'href="{PAGE}"' in signed_in(Role.ADMINISTRATOR).get(PAGE).content.decode()
