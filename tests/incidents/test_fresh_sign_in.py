"""A step that takes a right is ticked after a fresh sign-in only (point 6: step-up)."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import StepRight, StepStatus
from incidents.playbooks.plan import StepPlan
from tests.make import make_user
from tests.make_incidents import make_incident, make_run, step_of
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
FREEZE = StepPlan(text="Freeze the sites", key="freeze", right=StepRight.ORDER)


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


@pytest.fixture
def run(commander):
    return make_run({"A": [FREEZE, "Go on"]}, incident=make_incident(commander=commander))


def tick(client, run, text):
    return client.post(reverse("incidents:step_complete", args=[step_of(run, text).pk]))


def page_of(client, run):
    return client.get(reverse("incidents:detail", args=[run.incident.code])).text


def test_an_old_sign_in_is_asked_to_prove_itself_and_the_step_stays_open(client, run, commander):
    signed_in(client, commander, seconds_ago=3600)

    answer = tick(client, run, "Freeze the sites")

    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert run.incident.code in answer.url
    assert step_of(run, "Freeze the sites").status == StepStatus.OPEN


def test_a_fresh_sign_in_ticks_it(client, run, commander):
    signed_in(client, commander, seconds_ago=10)

    tick(client, run, "Freeze the sites")

    assert step_of(run, "Freeze the sites").status == StepStatus.DONE


def test_a_step_without_a_right_asks_for_nothing(client, commander):
    run = make_run({"A": ["Look"]}, incident=make_incident(commander=commander))
    signed_in(client, commander, seconds_ago=3600)

    tick(client, run, "Look")

    assert step_of(run, "Look").status == StepStatus.DONE


def test_the_page_offers_the_proof_where_the_sign_in_is_old_and_the_tick_where_not(
    client, run, commander
):
    place = reverse("incidents:step_complete", args=[step_of(run, "Freeze the sites").pk])

    assert place not in (old := page_of(signed_in(client, commander, seconds_ago=3600), run))
    assert reverse("account_reauthenticate") in old
    assert place in page_of(signed_in(client, commander, seconds_ago=10), run)


def test_a_program_cannot_tick_it_either(client, run, commander):
    signed_in(client, commander, seconds_ago=3600)
    step = step_of(run, "Freeze the sites")

    answer = client.post(f"/api/v1/steps/{step.pk}/complete/")

    assert answer.status_code in (403, 409)
    assert "fresh sign-in" in answer.json()["detail"]
    assert step_of(run, "Freeze the sites").status == StepStatus.OPEN
