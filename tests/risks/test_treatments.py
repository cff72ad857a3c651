"""What is done about a risk, with an owner, a date and a cost, and how it ends (G4)."""

import pytest
from django.urls import reverse

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_risk, make_treatment

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def enter(client):
    """The door, opened by somebody with this role."""

    def as_somebody(*roles):
        client.force_login(make_user(*roles))
        return client

    return as_somebody


@pytest.mark.parametrize(("move", "status"), [("finish", "done"), ("drop", "dropped")])
def test_a_treatment_is_ended_through_the_api_with_its_reason_on_the_trail(enter, move, status):
    one = make_treatment(make_risk(residual=(3, 3)))
    door = f"/api/v1/treatments/{one.pk}/"

    said = enter(Role.RISK_MANAGER).post(f"{door}{move}/", {"note": "Seen on site"}, **JSON)

    assert said.status_code == 200
    assert (said.json()["status"], said.json()["ended_at"] is None) == (status, False)
    row = AuditRow.objects.get(action=f"risk.treatment_{status}")
    assert row.reason == "Seen on site"


def test_a_treatment_ends_once_and_not_without_a_word(enter):
    one = make_treatment(make_risk())
    client, door = enter(Role.RISK_MANAGER), f"/api/v1/treatments/{one.pk}/"

    assert client.post(f"{door}finish/", {}, **JSON).status_code == 400
    assert client.post(f"{door}finish/", {"note": "Done"}, **JSON).status_code == 200
    assert client.post(f"{door}drop/", {"note": "No"}, **JSON).status_code == 409


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.INCIDENT_COMMANDER, Role.VIEWER])
def test_who_may_only_read_ends_no_treatment_by_either_door(enter, role):
    one = make_treatment(make_risk())
    client = enter(role)

    by_api = client.post(f"/api/v1/treatments/{one.pk}/finish/", {"note": "Done"}, **JSON)
    by_page = client.post(reverse("risks:treatment_done", args=[one.pk]), {"reason": "Done"})

    assert (by_api.status_code, by_page.status_code) == (403, 403)


def test_the_treatment_of_an_unseen_risk_is_not_there_for_the_api(enter):
    risk = make_risk(assets=[make_asset(site=make_site())])
    one = make_treatment(risk)
    client = enter(Role.VIEWER)

    assert client.get(f"/api/v1/treatments/{one.pk}/").status_code == 404
    assert client.get("/api/v1/treatments/").json()["count"] == 0


def test_treatments_that_are_due_are_listed_at_one_address(enter, django_assert_max_num_queries):
    for number in range(12):
        make_treatment(make_risk(), due_on=NOON.date(), plan=f"Plan {number}")
    make_treatment(make_risk())
    client = enter(Role.AUDITOR)

    with django_assert_max_num_queries(8):
        due = client.get("/api/v1/treatments/", {"due_on__lte": NOON.date().isoformat()})

    assert due.json()["count"] == 12


def test_the_cost_of_a_treatment_is_typed_shown_and_read_back(enter):
    risk, client = make_risk(residual=(3, 3)), enter(Role.RISK_MANAGER)
    typed = {"kind": "reduce", "plan": "Second line", "owner": risk.owner_id, "cost": "2500000"}

    client.post(reverse("risks:treat", args=[risk.code]), typed)

    assert "2.5 m" in client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert client.get(f"/api/v1/risks/{risk.code}/treatments/").json()[0]["cost"] == 2_500_000


@pytest.mark.parametrize("cost", ["-1", "nan", "inf", "1e300"])
def test_a_cost_that_is_no_amount_is_refused(enter, cost):
    risk, client = make_risk(), enter(Role.RISK_MANAGER)
    typed = {"kind": "reduce", "plan": "Second line", "owner": risk.owner.username, "cost": cost}

    assert client.post(f"/api/v1/risks/{risk.code}/treat/", typed, **JSON).status_code == 400
    client.post(reverse("risks:treat", args=[risk.code]), typed | {"owner": risk.owner_id})
    with pytest.raises(BadFactsError, match="no amount"):
        make_treatment(risk, cost=float(cost))

    assert not risk.treatments.exists()
