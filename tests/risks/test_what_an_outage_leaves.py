"""From a closed outage to target and register; from a change to a signature (O2, O4, G5)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import Asset
from assets.proof import ProofState
from assets.selectors.targets import with_proof
from assets.services.asset import edit_asset
from assets.services.dependency import link_assets
from bcp_portal.accounts.roles import Role
from incidents.services.incident import close_incident, recover_incident, start_response
from incidents.services.review import open_review, save_review, sign_off_review
from risks.models import AchievementOffer, LikelihoodProposal
from risks.services.evidence import accept_achievement, offers_for_closed_incidents
from risks.services.movement import propose_movements
from tests.make import LATER, NOON, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident
from tests.make_objectives import HOUR, make_signed, make_three
from tests.make_risks import make_closed_incident, make_risk

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def live_through(asset, *, took):
    """An outage from its start to its closing, as `manage.py drill` makes one."""
    boss = make_user(Role.INCIDENT_COMMANDER)
    outage = make_incident(commander=boss, assets=[asset])
    outage = start_response(incident=outage, actor=boss, at=NOON)
    outage = recover_incident(incident=outage, actor=boss, at=NOON + took)
    review = open_review(incident=outage, actor=boss, at=NOON + took)
    save_review(review=review, texts={"root_cause": "A cut link"}, actor=boss, at=NOON + took)
    sign_off_review(review=review, actor=make_user(Role.RISK_MANAGER), at=NOON + took)
    outage.refresh_from_db()
    return close_incident(incident=outage, actor=boss, at=NOON + took)


def rto_state(asset):
    return with_proof(Asset.objects.filter(pk=asset.pk), at=LATER).get().rto_state


def test_a_closed_drill_proves_the_target_and_history_proposes_a_likelihood():
    owner = make_user()
    asset = make_asset(rto=2 * HOUR, business_owner=owner)
    make_risk(assets=[asset], residual=(2, 4), created_at=NOON - 2 * YEAR)
    make_closed_incident(make_asset(), started_at=NOON - 2 * YEAR)
    make_closed_incident(asset)
    assert (propose_movements(at=NOON), rto_state(asset)) == ("0 offered", ProofState.CLAIMED)

    live_through(asset, took=HOUR)
    offers_for_closed_incidents(at=LATER)
    offer = AchievementOffer.objects.get(achieved=HOUR)
    accept_achievement(offer=offer, actor=owner, at=LATER)
    propose_movements(at=LATER)

    assert rto_state(asset) == ProofState.PROVEN
    proposal = LikelihoodProposal.objects.get()
    assert (proposal.step_now, proposal.sums["events"]) == (2, 2)
    assert proposal.step > 2


def test_a_signature_lapses_in_the_live_part_of_the_page_with_what_was_signed_and_what_is(client):
    three = make_three()
    asset, _proposal = make_signed(three)
    database = make_asset(code="DB-1", own_restore=HOUR / 4, rto=HOUR / 2)
    part = reverse("assets:objective", args=[asset.code]) + "?part=signatures"
    client.force_login(three.owner)
    before = client.get(part).content.decode()

    link_assets(asset=asset, depends_on=database, kind="hard", actor=None, at=LATER)
    edit_asset(asset=database, facts={"own_restore": 3 * HOUR}, actor=None, at=LATER)
    after = client.get(part).content.decode()

    # The part asks for itself again whenever anything about targets is told to the page.
    assert 'data-live-topics="targets"' in before
    assert f'hx-get="{reverse("assets:objective", args=[asset.code])}?part=signatures"' in before
    assert "lapsed" not in before.lower()
    assert "lapsed" in after.lower()
    assert "DB-1" in after
