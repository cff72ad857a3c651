"""The API of risks, controls and acceptances."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assets.services.custom_field import add_custom_field
from bcp_portal.accounts.roles import Role
from risks.models import Acceptance, Risk
from tests.make import make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_category, make_control, make_risk

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def call(client):
    """Call the API as somebody with this role."""

    def enter(*roles, user=None):
        client.force_login(user or make_user(*roles))
        return client

    return enter


@pytest.mark.parametrize("name", ["risks", "controls", "acceptances"])
def test_a_reader_lists_and_a_stranger_does_not(call, name):
    make_control()
    make_risk()

    assert call(Role.AUDITOR).get(f"/api/v1/{name}/").status_code == 200
    assert call(Role.SYNC_TECHNICIAN).get(f"/api/v1/{name}/").status_code == 403


def test_the_list_costs_the_same_for_many_risks(call, django_assert_max_num_queries):
    for _number in range(20):
        make_risk(residual=(3, 3), assets=[make_asset()])
    client = call(Role.AUDITOR)

    with django_assert_max_num_queries(10):
        assert client.get("/api/v1/risks/").json()["count"] == 20


def test_a_risk_of_another_site_is_not_found(call):
    risk = make_risk(assets=[make_asset(site=make_site())])

    assert call(Role.VIEWER).get(f"/api/v1/risks/{risk.code}/").status_code == 404


def test_a_risk_is_identified_assessed_edited_and_retired(call):
    client, owner = call(Role.RISK_MANAGER), make_user()
    make_category(), make_asset(code="TILL")
    body = {
        "title": "Tills stop",
        "category": "availability",
        "owner": owner.username,
        "assets": ["TILL"],
    }

    code = client.post("/api/v1/risks/", body, **JSON).json()["code"]
    judged = {"kind": "residual", "likelihood": 4, "impact": 5, "rationale": "Often"}
    client.post(f"/api/v1/risks/{code}/assess/", judged, **JSON)
    client.post(f"/api/v1/risks/{code}/edit/", {"title": "All tills stop"}, **JSON)
    answer = client.get(f"/api/v1/risks/{code}/").json()

    assert (answer["title"], answer["level"], answer["assets"]) == (
        "All tills stop",
        "extreme",
        ["TILL"],
    )
    client.post(f"/api/v1/risks/{code}/retire/", {"reason": "Sold"}, **JSON)
    assert Risk.objects.get().status == "retired"


def test_a_risk_is_accepted_and_the_acceptance_withdrawn(call):
    owner = make_user(Role.BUSINESS_OWNER)
    risk = make_risk(residual=(4, 4), business_owner=owner)
    until = (timezone.localdate() + timedelta(days=9)).isoformat()
    body = {"reason": "Dear", "expires_on": until, "approver": owner.username}

    made = call(Role.RISK_MANAGER).post(f"/api/v1/risks/{risk.code}/accept/", body, **JSON)
    address = f"/api/v1/acceptances/{made.json()['id']}"
    client = call(user=owner)
    given = client.post(f"{address}/approve/", **JSON)
    client.post(f"{address}/withdraw/", {"reason": "Changed"}, **JSON)

    assert (made.status_code, made.json()["accepted_at"]) == (201, None)
    assert given.json()["accepted_by"] == owner.username
    assert Acceptance.objects.get().ended_at is not None


def test_an_unrated_risk_is_refused_with_409(call):
    owner = make_user(Role.BUSINESS_OWNER)
    risk = make_risk(business_owner=owner)
    until = (timezone.localdate() + timedelta(days=9)).isoformat()

    answer = call(Role.RISK_MANAGER).post(
        f"/api/v1/risks/{risk.code}/accept/",
        {"reason": "Dear", "expires_on": until, "approver": owner.username},
        **JSON,
    )

    assert answer.status_code == 409
    assert "assess it first" in answer.json()["detail"]


def test_a_control_is_introduced_tested_and_withdrawn(call):
    client = call(Role.RISK_MANAGER)
    body = {"name": "Backups", "kind": "corrective", "nature": "technical"}

    code = client.post("/api/v1/controls/", body, **JSON).json()["code"]
    tested = client.post(
        f"/api/v1/controls/{code}/test/", {"effectiveness": "strong", "note": "Restored"}, **JSON
    )
    client.post(f"/api/v1/controls/{code}/withdraw/", {"reason": "Replaced"}, **JSON)

    assert tested.json()["effectiveness"] == "strong"
    assert client.get(f"/api/v1/controls/{code}/").json()["withdrawn_on"] is not None


@pytest.mark.parametrize("likelihood", [0, 6, "often"])
def test_bad_input_is_400_at_the_field(call, likelihood):
    risk = make_risk()

    answer = call(Role.RISK_MANAGER).post(
        f"/api/v1/risks/{risk.code}/assess/",
        {"kind": "residual", "likelihood": likelihood, "impact": 1, "rationale": "x"},
        **JSON,
    )

    assert answer.status_code == 400
    assert "likelihood" in answer.json()


def test_what_the_page_does_to_a_risk_the_api_does_too(call):
    client, risk = call(Role.RISK_MANAGER), make_risk(residual=(3, 3))
    add_custom_field(
        facts={"about": "risk", "key": "exposure", "name": "Exposure", "kind": "number"},
        actor=None,
        at=timezone.now(),
    )
    door = f"/api/v1/risks/{risk.code}/"
    plan = {"kind": "reduce", "plan": "Second line", "owner": risk.owner.username}

    edited = client.post(f"{door}edit/", {"custom": {"exposure": "1.250,5"}}, **JSON)
    reviewed = client.post(f"{door}review/", {"note": "Looked at the line"}, **JSON)
    treated = client.post(f"{door}treat/", plan, **JSON)
    said = client.post(f"{door}remark/", {"text": "Ask the carrier"}, **JSON)

    assert edited.json()["custom"] == {"exposure": 1250.5}
    assert reviewed.json()["review_on"] is not None
    assert (treated.status_code, said.status_code) == (201, 201)
    assert [one["plan"] for one in client.get(f"{door}treatments/").json()] == ["Second line"]
    assert [one["text"] for one in client.get(f"{door}remarks/").json()] == ["Ask the carrier"]
