"""The API of plans: written by one, approved by another, versions and all (X1)."""

import pytest

from bcp_portal.accounts.roles import Role
from risks.plan_sections import SECTIONS
from tests.make import make_site, make_user
from tests.make_assets import make_asset

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
FULL = {name: f"{name}: do this" for name in SECTIONS}


@pytest.fixture
def writer():
    return make_user(Role.RISK_MANAGER)


@pytest.fixture
def approver():
    return make_user(Role.RISK_MANAGER)


@pytest.fixture
def call(client):
    def post(who, path, **facts):
        client.force_login(who)
        return client.post(f"/api/v1/plans/{path}", facts, **JSON)

    return post


@pytest.fixture
def plan(call, writer):
    make_asset(code="APP-POS")
    made = call(writer, "", title="Flood", kind="recovery", scenario="Water in the cellar",
                owner=writer.username, assets=["APP-POS"])  # fmt: skip
    assert made.status_code == 201, made.content
    return f"{made.json()['code']}/"


def test_a_plan_is_written_by_one_and_approved_by_another(call, plan, writer, approver):
    empty = call(writer, f"{plan}submit/")
    call(writer, f"{plan}draft/", en=FULL, id={"people": "Beri tahu staf"}, change_note="First")
    call(writer, f"{plan}submit/")
    own = call(writer, f"{plan}approve/")
    done = call(approver, f"{plan}approve/")

    assert (empty.status_code, own.status_code, done.status_code) == (409, 409, 200)
    (version,) = done.json()["versions"]
    assert (version["state"], version["approved_by"]) == ("approved", approver.username)
    assert len(version["sha256"]) == 64
    assert version["texts"]["id"]["people"] == "Beri tahu staf"
    assert done.json()["current"] == 1


def test_a_version_goes_back_with_a_reason_and_comes_again(call, plan, writer, approver):
    call(writer, f"{plan}draft/", en=FULL)
    call(writer, f"{plan}submit/")

    assert call(approver, f"{plan}give-back/").status_code == 400
    back = call(approver, f"{plan}give-back/", reason="Who calls the bank?")

    assert back.json()["versions"][0]["state"] == "draft"


def test_two_people_at_one_draft_notice_each_other(call, plan, writer, approver):
    call(writer, f"{plan}draft/", en=FULL)
    seen = call(writer, f"{plan}draft/", en=FULL).json()["versions"][0]["edits"]
    call(approver, f"{plan}draft/", en=FULL | {"data": "Other"}, expected=seen)

    late = call(writer, f"{plan}draft/", en=FULL, expected=seen)

    assert late.status_code == 409


def test_a_retired_plan_changes_no_more(call, plan, writer):
    assert call(writer, f"{plan}retire/", reason="Sold").json()["retired_at"]
    assert call(writer, f"{plan}draft/", en=FULL).status_code == 409


def test_assets_that_the_caller_may_not_see_are_neither_named_nor_shown(client, call, writer):
    hidden = make_asset(code="HIDDEN", site=make_site())
    shared = make_asset(code="SHARED")
    made = call(writer, "", title="Flood", kind="recovery", scenario="Water",
                owner=writer.username, assets=[hidden.code, shared.code])  # fmt: skip
    narrow = make_user(Role.BUSINESS_OWNER)
    refused = call(narrow, "", title="Fire", kind="recovery", scenario="Fire",
                   owner=narrow.username, assets=["HIDDEN"])  # fmt: skip
    client.force_login(narrow)

    assert refused.status_code == 400
    assert client.get(f"/api/v1/plans/{made.json()['code']}/").json()["assets"] == ["SHARED"]


def test_a_reader_lists_plans_and_changes_none(client, call, plan):
    reader = make_user(Role.AUDITOR)
    client.force_login(reader)

    assert client.get("/api/v1/plans/").json()["count"] == 1
    assert call(reader, f"{plan}submit/").status_code == 403
