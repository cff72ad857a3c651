"""Objectives are signed by three, for exactly what was shown, and lapse by themselves (O2)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from assets.models import (
    Asset,
    Dependency,
    ProposalStatus,
    RecoveryTarget,
    Signature,
    SigningRole,
    TargetProposal,
)
from assets.selectors.my_signatures import to_sign
from assets.selectors.objective_page import objective_page
from assets.selectors.targets import SignState, with_signatures
from assets.services.asset import edit_asset
from assets.services.dependency import link_assets, unlink_assets
from assets.services.objective import (
    ChangedMeanwhileError,
    DespiteMissingError,
    NotYoursToSignError,
    add_remark,
    decline_proposal,
    sign_target,
    withdraw_proposal,
)
from assets.services.recovery_target import TargetSignedError, set_target
from assets.services.signatory import delegate_signing, revoke_delegation
from assets.services.signature import recheck_signatures, sweep_signatures
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError, NotAllowedError
from tests.make import LATER, NOON, make_site, make_user
from tests.make_assets import make_asset, make_dependency
from tests.make_objectives import (
    HOUR,
    make_proposal,
    make_signed,
    make_three,
    sign,
    sign_all,
)

pytestmark = pytest.mark.django_db


def state(asset):
    return with_signatures(Asset.objects.filter(pk=asset.pk)).get().sign_state


def test_objectives_hold_once_all_three_have_signed():
    three = make_three()
    asset, proposal = make_signed(three)

    assert proposal.status == ProposalStatus.ADOPTED
    assert state(asset) == SignState.SIGNED
    assert RecoveryTarget.objects.get(asset=asset).rto == HOUR


def test_what_was_never_signed_counts_at_once_as_a_claim():
    three, asset = make_three(), make_asset()

    make_proposal(asset, three, rto=2 * HOUR)

    assert RecoveryTarget.objects.get(asset=asset).rto == 2 * HOUR
    assert state(asset) == SignState.PROPOSED


def test_what_was_signed_holds_until_all_have_signed_the_new():
    three = make_three()
    asset, old = make_signed(three)

    new = make_proposal(asset, three, rto=2 * HOUR)
    assert RecoveryTarget.objects.get(asset=asset).rto == HOUR
    sign_all(new, three)

    old.refresh_from_db()
    assert RecoveryTarget.objects.get(asset=asset).rto == 2 * HOUR
    assert old.status == ProposalStatus.SUPERSEDED


def test_signed_objectives_cannot_be_set_by_one_person():
    three = make_three()
    asset, _proposal = make_signed(three)

    with pytest.raises(TargetSignedError):
        set_target(
            asset=asset, rto=HOUR * 9, rpo=None, reason="Because", actor=three.owner, at=NOON
        )


def test_the_proposer_alone_is_never_enough():
    three = make_three()
    asset = make_asset(business_owner=three.proposer)
    proposal = make_proposal(asset, three)

    sign(proposal, SigningRole.PROCESS_OWNER, three.proposer)
    with pytest.raises(NotYoursToSignError):
        sign(proposal, SigningRole.OPERATIONS, three.proposer)

    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.OPEN


def test_one_person_in_two_offices_signs_once():
    three = make_three()
    asset = make_asset(business_owner=three.operations)
    proposal = make_proposal(asset, three)
    sign(proposal, SigningRole.OPERATIONS, three.operations)

    with pytest.raises(NotYoursToSignError):
        sign(proposal, SigningRole.PROCESS_OWNER, three.operations)


def test_the_database_too_refuses_two_signatures_of_one_hand():
    three = make_three()
    _asset, proposal = make_signed(three)
    first = proposal.signatures.get(role=SigningRole.OPERATIONS)
    proposal.signatures.filter(role=SigningRole.TOP_MANAGEMENT).delete()

    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(
            proposal=proposal, role=SigningRole.TOP_MANAGEMENT, principal=three.management,
            signed_by=first.signed_by, signed_at=NOON, digest="x", content={},
        )  # fmt: skip


def test_a_stranger_does_not_sign():
    three, asset = make_three(), make_asset()
    proposal = make_proposal(asset, three)

    with pytest.raises(NotYoursToSignError):
        sign(proposal, SigningRole.OPERATIONS, make_user(Role.RISK_MANAGER))


MATERIAL = {
    "a dependency takes longer": lambda db, actor: edit_asset(
        asset=db, facts={"own_restore": 3 * HOUR}, actor=actor, at=LATER
    ),
    "a dependency is copied less often": lambda db, actor: edit_asset(
        asset=db, facts={"backup_every": 24 * HOUR}, actor=actor, at=LATER
    ),
    "a dependency promises less": lambda db, actor: set_target(
        asset=db, rto=5 * HOUR, rpo=None, reason="Honest now", actor=actor, at=LATER
    ),
    "a dependency rests on something new": lambda db, actor: link_assets(
        asset=db, depends_on=make_asset(), kind="data", actor=actor, at=LATER
    ),
}


@pytest.mark.parametrize("change", MATERIAL.values(), ids=MATERIAL.keys())
def test_a_signature_lapses_by_itself_when_what_it_rests_on_changes(change):
    three = make_three()
    database = make_asset(code="DB", own_restore=HOUR / 4)
    till = make_asset(code="TILL", business_owner=three.owner, own_restore=HOUR / 4)
    make_dependency(till, make_asset(code="MIDDLE", own_restore=0 * HOUR))
    make_dependency(Asset.objects.get(code="MIDDLE"), database)
    sign_all(make_proposal(till, three), three)

    change(database, three.owner)

    assert state(till) == SignState.LAPSED
    assert Signature.objects.filter(lapsed_at=LATER).count() == 3


def test_a_lapsed_signature_says_what_was_signed_and_what_is_now():
    three = make_three()
    database = make_asset(code="DB", own_restore=HOUR / 4)
    till = make_asset(business_owner=three.owner, own_restore=HOUR / 4)
    make_dependency(till, database)
    sign_all(make_proposal(till, three), three)

    edit_asset(asset=database, facts={"own_restore": 2 * HOUR}, actor=three.owner, at=LATER)

    (line, *_rest) = objective_page(till, user=three.owner, at=LATER).roles
    (change,) = line.changes
    assert line.state == "lapsed"
    assert (change.what, change.signed, change.now) == ("DB · Own restore time", "15 min", "2 h")


def test_what_does_not_matter_leaves_signatures_alone():
    three = make_three()
    asset, _proposal = make_signed(three)

    edit_asset(asset=asset, facts={"name": "A better name"}, actor=three.owner, at=LATER)
    edit_asset(asset=make_asset(), facts={"own_restore": HOUR}, actor=three.owner, at=LATER)

    assert state(asset) == SignState.SIGNED


def test_a_lapsed_objective_is_signed_anew_without_a_new_proposal():
    three = make_three()
    asset, proposal = make_signed(three)
    edit_asset(asset=asset, facts={"own_restore": HOUR / 3}, actor=three.owner, at=LATER)
    assert state(asset) == SignState.LAPSED

    sign_all(proposal, three)

    assert state(asset) == SignState.SIGNED


def test_an_unlinked_need_makes_signatures_lapse():
    three = make_three()
    till = make_asset(business_owner=three.owner, own_restore=0 * HOUR)
    arrow = make_dependency(till, make_asset(own_restore=0 * HOUR))
    sign_all(make_proposal(till, three), three)

    unlink_assets(dependency=arrow, actor=three.owner, at=LATER)

    assert state(till) == SignState.LAPSED


def test_the_sweep_finds_what_changed_behind_the_verbs_backs():
    three = make_three()
    asset, _proposal = make_signed(three)
    Asset.objects.filter(pk=asset.pk).update(own_restore=HOUR / 7)

    assert sweep_signatures(at=LATER) == "3 lapsed"
    assert sweep_signatures(at=LATER) == "0 lapsed"


def test_a_lapse_is_on_the_trail_of_the_asset():
    three = make_three()
    asset, _proposal = make_signed(three)

    edit_asset(asset=asset, facts={"own_restore": HOUR / 3}, actor=three.owner, at=LATER)

    rows = AuditRow.objects.filter(action="target.lapse", object_id=str(asset.pk))
    assert rows.count() == 3
    assert rows[0].after["changes"] == [[asset.code, "own_restore", 1800, 1200]]


def test_nobody_signs_what_they_were_not_shown():
    three = make_three()
    asset = make_asset(business_owner=three.owner, own_restore=HOUR / 2)
    proposal = make_proposal(asset, three)
    shown = objective_page(asset, user=three.owner, at=NOON).shown
    edit_asset(asset=asset, facts={"own_restore": HOUR / 3}, actor=three.owner, at=NOON)

    with pytest.raises(ChangedMeanwhileError):
        sign_target(
            proposal=proposal, role="process_owner", shown=shown, actor=three.owner, at=NOON
        )


def test_what_cannot_be_met_is_signed_only_with_a_reason():
    three = make_three()
    asset = make_asset(business_owner=three.owner, own_restore=5 * HOUR)
    proposal = make_proposal(asset, three)

    with pytest.raises(DespiteMissingError):
        sign(proposal, SigningRole.PROCESS_OWNER, three.owner, despite="  ")

    signature = sign(
        proposal, SigningRole.PROCESS_OWNER, three.owner, despite="New servers are ordered"
    )
    assert signature.despite == "New servers are ordered"


def test_an_override_with_nothing_is_refused():
    three = make_three()
    asset, _proposal = make_signed(three)

    with pytest.raises(DomainError, match="nothing at all"):
        make_proposal(asset, three, rto=None, rpo=None, mtpd=None, wrt=None)


def test_an_rto_over_the_mtpd_is_refused_already_when_proposed():
    three, asset = make_three(), make_asset()

    with pytest.raises(DomainError, match="longer than the MTPD"):
        make_proposal(asset, three, rto=9 * HOUR, mtpd=8 * HOUR, wrt=None)

    assert not TargetProposal.objects.exists()


def test_somebody_signs_for_somebody_else_until_the_delegation_ends():
    three = make_three()
    stand_in = make_user(Role.RISK_MANAGER)
    delegate_signing(
        delegate=stand_in, ends_at=NOON + HOUR, reason="Holiday", actor=three.management, at=NOON
    )
    first = make_proposal(make_asset(own_restore=0 * HOUR), three)
    second = make_proposal(make_asset(own_restore=0 * HOUR), three)

    signature = sign(first, SigningRole.TOP_MANAGEMENT, stand_in, at=NOON)
    with pytest.raises(NotYoursToSignError):
        sign(second, SigningRole.TOP_MANAGEMENT, stand_in, at=NOON + 2 * HOUR)

    assert (signature.signed_by, signature.principal) == (stand_in, three.management)


def test_a_principal_does_not_sign_beside_their_own_stand_in():
    three = make_three()
    stand_in = make_user(Role.RISK_MANAGER)
    asset = make_asset(business_owner=three.management, own_restore=0 * HOUR)
    proposal = make_proposal(asset, three)
    delegate_signing(
        delegate=stand_in, ends_at=LATER, reason="Holiday", actor=three.management, at=NOON
    )
    sign(proposal, SigningRole.TOP_MANAGEMENT, stand_in)

    with pytest.raises(NotYoursToSignError):
        sign(proposal, SigningRole.PROCESS_OWNER, three.management)


def test_only_who_delegated_takes_it_back():
    three = make_three()
    stand_in = make_user(Role.RISK_MANAGER)
    delegation = delegate_signing(
        delegate=stand_in, ends_at=LATER, reason="Holiday", actor=three.owner, at=NOON
    )

    with pytest.raises(NotAllowedError):
        revoke_delegation(delegation=delegation, actor=stand_in, at=NOON)
    revoke_delegation(delegation=delegation, actor=three.owner, at=NOON)

    with pytest.raises(DomainError, match="in the future"):
        delegate_signing(delegate=stand_in, ends_at=NOON, reason="x", actor=three.owner, at=NOON)


def test_a_declined_proposal_changes_nothing_in_force():
    three = make_three()
    asset, _proposal = make_signed(three)
    new = make_proposal(asset, three, rto=2 * HOUR)

    with pytest.raises(NotYoursToSignError):
        decline_proposal(proposal=new, reason="No", actor=three.proposer, at=NOON)
    decline_proposal(proposal=new, reason="Too slow", actor=three.owner, at=NOON)

    assert RecoveryTarget.objects.get(asset=asset).rto == HOUR
    assert state(asset) == SignState.SIGNED


def test_only_the_proposer_withdraws():
    three, asset = make_three(), make_asset()
    proposal = make_proposal(asset, three)

    with pytest.raises(NotAllowedError):
        withdraw_proposal(proposal=proposal, reason="No", actor=three.owner, at=NOON)
    withdraw_proposal(proposal=proposal, reason="Wrong", actor=three.proposer, at=NOON)

    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.WITHDRAWN


def test_my_signatures_are_my_tasks_until_signed():
    three = make_three()
    asset = make_asset(business_owner=three.owner, own_restore=0 * HOUR)
    proposal = make_proposal(asset, three)
    assert [one.proposal for one in to_sign(three.owner, at=NOON)] == [proposal]

    sign(proposal, SigningRole.PROCESS_OWNER, three.owner)

    assert to_sign(three.owner, at=NOON) == []
    assert len(to_sign(three.operations, at=NOON)) == 1


def test_my_signatures_cost_the_same_for_many_proposals(django_assert_max_num_queries):
    three = make_three()
    for _number in range(12):
        make_proposal(make_asset(business_owner=three.owner), three)
    to_sign(three.operations, at=NOON)

    with django_assert_max_num_queries(6):
        assert len(to_sign(three.operations, at=NOON)) == 12


def test_a_recheck_without_signatures_reads_no_graph(django_assert_max_num_queries):
    make_dependency(make_asset(), make_asset())

    with django_assert_max_num_queries(3):
        recheck_signatures(at=NOON)


# -- doors


def test_the_signing_page_shows_curve_graph_and_budget_before_signing(client):
    three = make_three()
    till = make_asset(code="TILL", business_owner=three.owner, own_restore=HOUR / 2)
    make_dependency(till, make_asset(code="DB", own_restore=2 * HOUR))
    make_proposal(till, three)
    client.force_login(three.owner)

    text = client.get(reverse("assets:objective", args=["TILL"])).content.decode()

    assert "Sign as Process owner" in text
    assert "shorten the own restore time of DB from 2 h to 30 min" in text
    assert "What each dependency would need" in text
    assert "Why do you sign nevertheless?" in text


def test_signing_through_the_page_and_discussing(client):
    three = make_three()
    asset = make_asset(business_owner=three.owner, own_restore=0 * HOUR)
    proposal = make_proposal(asset, three)
    shown = objective_page(asset, user=three.owner, at=NOON).shown
    client.force_login(three.owner)

    client.post(
        reverse("assets:objective_remark", args=[asset.code, proposal.pk]), {"text": "Fine by me"}
    )
    client.post(
        reverse("assets:objective_sign", args=[asset.code, proposal.pk]),
        {"role": "process_owner", "shown": shown},
    )

    assert proposal.remarks.get().text == "Fine by me"
    assert proposal.signatures.get().signed_by == three.owner


def test_a_proposal_of_another_site_is_not_there(client):
    three = make_three()
    asset = make_asset(site=make_site())
    proposal = make_proposal(asset, three)
    client.force_login(make_user(Role.BUSINESS_OWNER))

    for name in ("sign", "remark", "decline"):
        url = reverse(f"assets:objective_{name}", args=[asset.code, proposal.pk])
        assert client.post(url).status_code == 404


def test_the_difference_names_no_asset_that_must_stay_unseen(client):
    three = make_three()
    hidden = make_asset(code="SECRET", site=make_site(), own_restore=0 * HOUR)
    shared = make_asset(code="SHARED", business_owner=three.owner, own_restore=0 * HOUR)
    make_dependency(shared, hidden)
    sign_all(make_proposal(shared, three), three)
    edit_asset(asset=hidden, facts={"own_restore": HOUR}, actor=three.owner, at=LATER)
    reader = make_user(Role.VIEWER)
    client.force_login(reader)

    text = client.get(reverse("assets:objective", args=["SHARED"])).content.decode()

    assert "an asset you may not see" in text
    assert "SECRET" not in text


def test_targets_can_be_filtered_by_their_signatures(client):
    three = make_three()
    signed, _proposal = make_signed(three, code="SIGNED")
    make_proposal(make_asset(code="WAITING"), three)
    client.force_login(make_user(Role.AUDITOR))

    text = client.get(reverse("assets:targets") + "?sign_state=signed&part=list").content.decode()

    assert signed.code in text
    assert "/assets/WAITING/" not in text


def test_the_pages_of_signing_open_for_their_roles(client):
    three = make_three()
    make_proposal(make_asset(business_owner=three.owner), three)
    client.force_login(three.owner)
    for name in ("my_signatures", "delegation_add", "signatories"):
        assert client.get(reverse(f"assets:{name}")).status_code == 200
    assert client.get(reverse("assets:signatory_appoint")).status_code == 403

    client.force_login(make_user(Role.ADMINISTRATOR))
    client.post(reverse("assets:signatory_appoint"), {"role": "operations", "user": three.owner.pk})
    assert "Operations" in client.get(reverse("assets:signatories")).content.decode()


def test_a_delegation_is_given_and_taken_back_through_its_doors(client):
    three = make_three()
    client.force_login(three.owner)
    client.post(
        reverse("assets:delegation_add"),
        {"delegate": three.operations.pk, "ends_at": "2099-01-01T08:00", "reason": "Leave"},
    )
    delegation = three.owner.delegations_given.get()
    assert delegation.ends_at - NOON > timedelta(days=1)

    client.post(reverse("assets:delegation_revoke", args=[delegation.pk]))

    delegation.refresh_from_db()
    assert delegation.revoked_at is not None


def test_remarks_need_words():
    three = make_three()
    proposal = make_proposal(make_asset(), three)

    with pytest.raises(DomainError):
        add_remark(proposal=proposal, text="  ", actor=three.owner, at=NOON)
    assert Dependency.objects.count() == 0


def test_the_difference_says_in_words_how_much_a_need_is_needed(client):
    three = make_three()
    asset, _proposal = make_signed(three)
    other = make_asset(code="NEW")
    link_assets(
        asset=asset, depends_on=other, kind="degraded", group="pool", needed=1,
        actor=None, at=LATER,
    )  # fmt: skip
    client.force_login(three.owner)

    shown = client.get(reverse("assets:objective", args=[asset.code])).content.decode()

    assert "NEW (Degraded: goes on with limits; 1 of “pool”)" in shown
