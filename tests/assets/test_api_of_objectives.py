"""The API of objectives that people agree on, and of impact answers (O1, O2)."""

from datetime import timedelta

import pytest

from assets.models import ProposalStatus, RecoveryTarget, TargetProposal
from assets.services.asset import edit_asset, retire_asset
from bcp_portal.accounts.roles import Role
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_objectives import HOUR, make_proposal, make_three, sign

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/target-proposals/"
JSON = {"content_type": "application/json"}


@pytest.fixture
def three():
    return make_three()


@pytest.fixture
def asset(three):
    return make_asset(code="APP-POS", business_owner=three.owner, own_restore=HOUR / 2)


@pytest.fixture
def call(client):
    def post(who, path, **facts):
        client.force_login(who)
        return client.post(path, facts, **JSON)

    return post


def shown(client, who, proposal):
    client.force_login(who)
    return client.get(f"{ROOT}{proposal.pk}/").json()["shown"]


def test_objectives_are_proposed_and_signed_by_three_through_the_api(client, call, three, asset):
    made = call(three.proposer, ROOT, asset="APP-POS", rto="1h", rpo=0, mtpd="8h", wrt="1h",
                reason="Loss per hour")  # fmt: skip
    path = f"{ROOT}{made.json()['id']}/"
    for role, who in three.in_turn().items():
        client.force_login(who)
        digest = client.get(path).json()["shown"]
        answer = call(who, f"{path}sign/", role=role, shown=digest)
        assert answer.status_code == 200, answer.content

    assert (made.status_code, made.json()["rpo"]) == (201, 0)
    assert answer.json()["status"] == "adopted"
    assert len(answer.json()["signatures"]) == 3
    assert RecoveryTarget.objects.get(asset=asset).rpo == timedelta()


def test_what_changed_since_it_was_read_is_not_signed(client, call, three, asset):
    proposal = make_proposal(asset, three)
    digest = shown(client, three.owner, proposal)
    edit_asset(asset=asset, facts={"own_restore": HOUR / 4}, actor=None, at=NOON)

    answer = call(three.owner, f"{ROOT}{proposal.pk}/sign/", role="process_owner", shown=digest)

    assert answer.status_code == 409
    assert "changed meanwhile" in str(answer.json())


def test_the_proposer_and_strangers_do_not_sign(client, call, three, asset):
    proposal = make_proposal(asset, three)
    digest = shown(client, three.owner, proposal)
    path = f"{ROOT}{proposal.pk}/sign/"

    for who in (three.proposer, three.operations, make_user(Role.BUSINESS_OWNER)):
        assert call(who, path, role="process_owner", shown=digest).status_code == 409
    assert call(make_user(Role.AUDITOR), path, role="operations", shown=digest).status_code == 403


def test_one_person_signs_in_one_role_only(client, call, three, asset):
    proposal = make_proposal(asset, three)
    sign(proposal, "operations", three.operations)
    digest = shown(client, three.operations, proposal)

    answer = call(three.operations, f"{ROOT}{proposal.pk}/sign/", role="top_management",
                  shown=digest)  # fmt: skip

    assert answer.status_code == 409
    assert "one role only" in str(answer.json())


def test_what_cannot_be_met_needs_a_reason_to_be_signed(client, call, three, asset):
    edit_asset(asset=asset, facts={"own_restore": 5 * HOUR}, actor=None, at=NOON)
    proposal = make_proposal(asset, three)
    client.force_login(three.owner)
    seen = client.get(f"{ROOT}{proposal.pk}/").json()
    facts = {"role": "process_owner", "shown": seen["shown"]}
    path = f"{ROOT}{proposal.pk}/sign/"

    assert seen["standing"] == "infeasible"
    assert call(three.owner, path, **facts).status_code == 409
    assert call(three.owner, path, **facts, despite="New server in March").status_code == 200


def test_a_signature_that_lapsed_is_told_with_its_moment(client, three, asset):
    proposal = make_proposal(asset, three)
    sign(proposal, "process_owner", three.owner)
    edit_asset(asset=asset, facts={"own_restore": HOUR}, actor=None, at=NOON)
    client.force_login(three.owner)

    (signature,) = client.get(f"{ROOT}{proposal.pk}/").json()["signatures"]

    assert signature["lapsed_at"] is not None


def test_only_the_proposer_withdraws_and_only_a_signer_declines(call, three, asset):
    proposal = make_proposal(asset, three)
    path = f"{ROOT}{proposal.pk}/"

    assert call(three.owner, f"{path}withdraw/", reason="No").status_code == 409
    assert call(three.proposer, f"{path}decline/", reason="No").status_code == 409
    assert call(three.owner, f"{path}decline/", reason="").status_code == 400
    assert call(three.owner, f"{path}decline/", reason="Too dear").json()["status"] == "declined"
    again = make_proposal(asset, three)
    withdrawn = call(three.proposer, f"{ROOT}{again.pk}/withdraw/", reason="Mistyped")
    assert withdrawn.json()["status"] == "withdrawn"


def test_a_remark_stands_beside_the_proposal(call, three, asset):
    proposal = make_proposal(asset, three)

    answer = call(three.owner, f"{ROOT}{proposal.pk}/remark/", text="Why an hour?")

    assert [one["text"] for one in answer.json()["remarks"]] == ["Why an hour?"]


def test_a_proposal_of_another_site_is_not_found(client, three):
    proposal = make_proposal(make_asset(site=make_site()), three)
    client.force_login(make_user(Role.BUSINESS_OWNER))

    assert client.get(f"{ROOT}{proposal.pk}/").status_code == 404
    assert client.get(ROOT).json()["count"] == 0


def test_objectives_of_a_retired_asset_are_not_signed(client, call, three, asset):
    proposal = make_proposal(asset, three)
    digest = shown(client, three.owner, proposal)
    retire_asset(asset=asset, reason="Sold", on=NOON.date(), actor=three.owner, at=NOON)

    answer = call(three.owner, f"{ROOT}{proposal.pk}/sign/", role="process_owner", shown=digest)

    assert answer.status_code == 409
    assert "retired" in str(answer.json())
    assert shown(client, three.owner, proposal) == ""


@pytest.mark.parametrize("rto", [-60, "-5m", "1000 y", 10**15, "soon", "9999d", True])
def test_an_impossible_duration_is_refused_with_a_sentence(call, three, asset, rto):
    answer = call(three.proposer, ROOT, asset="APP-POS", rto=rto, rpo=None, reason="Why")

    assert answer.status_code == 400
    assert "rto" in str(answer.json())
    assert not TargetProposal.objects.exists()


def test_an_rto_over_the_mtpd_is_refused_with_a_sentence(call, three, asset):
    answer = call(three.proposer, ROOT, asset="APP-POS", rto="9h", rpo=None, mtpd="8h",
                  reason="Why")  # fmt: skip

    assert answer.status_code == 409
    assert "MTPD" in str(answer.json())


def test_a_list_of_proposals_costs_the_same_for_many(client, three, django_assert_max_num_queries):
    for number in range(12):
        asset = make_asset(code=f"A-{number}", business_owner=three.owner)
        sign(make_proposal(asset, three), "process_owner", three.owner)
    client.force_login(three.owner)

    with django_assert_max_num_queries(10):
        found = client.get(ROOT, {"status": ProposalStatus.OPEN}).json()

    assert found["count"] == 12


def test_an_owner_answers_about_impact_and_the_first_intolerable_moment_follows(call, three, asset):
    path = "/api/v1/assets/APP-POS/answer-impact/"
    points = [
        {"category": "customers", "after": "1h", "level": 1},
        {"category": "customers", "after": "4h", "level": 4},
    ]

    answer = call(three.owner, path, loss_per_hour="1000000.00", currency="idr", points=points)

    assert answer.status_code == 200, answer.content
    assert answer.json()["bears"] == 4 * 3600
    assert [one["level"] for one in answer.json()["points"]] == [1, 4]
    assert answer.json()["currency"] == "IDR"


@pytest.mark.parametrize(
    ("points", "status"),
    [
        ([{"category": "customers", "after": "37m", "level": 1}], 400),
        ([{"category": "weather", "after": "1h", "level": 1}], 400),
        (
            [
                {"category": "law", "after": "1h", "level": 3},
                {"category": "law", "after": "4h", "level": 1},
            ],
            409,
        ),
    ],
)
def test_an_answer_that_cannot_be_meant_is_refused(call, three, asset, points, status):
    answer = call(three.owner, "/api/v1/assets/APP-POS/answer-impact/", points=points)

    assert answer.status_code == status


def test_what_nobody_answered_is_not_found(client, three, asset):
    client.force_login(three.owner)

    assert client.get("/api/v1/assets/APP-POS/impact/").status_code == 404
