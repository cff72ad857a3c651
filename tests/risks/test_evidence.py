"""What closed incidents teach: offers to targets, evidence for risks, and their weighing."""

from datetime import timedelta

import pytest

from assets.models import Achievement
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import IncidentStatus
from risks.models import AchievementOffer, RiskEvidence
from risks.services.evidence import (
    AlreadyWeighedError,
    accept_achievement,
    accept_evidence,
    decline_achievement,
    decline_evidence,
    link_incident,
    offers_for_closed_incidents,
)
from tests.make import NOON, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_category, make_closed_incident, make_risk

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def weigh(verb, evidence, **fields):
    return verb(evidence=evidence, reason="Second time this year", at=NOON, **fields)


def test_a_closed_incident_offers_what_was_achieved():
    asset = make_asset(rto=HOUR)
    make_closed_incident(asset)

    offers_for_closed_incidents(at=NOON)

    offer = AchievementOffer.objects.get()
    assert (offer.measure, offer.achieved, offer.target) == ("rto", 2 * HOUR, HOUR)
    assert offer.is_met is False


def test_lost_data_is_offered_to_the_rpo():
    asset = make_asset(rpo=HOUR)
    incident = make_closed_incident(asset)
    incident.assets.update(data_lost_from=NOON - HOUR / 2)

    offers_for_closed_incidents(at=NOON)

    offer = AchievementOffer.objects.get(measure="rpo")
    assert (offer.achieved, offer.is_met) == (HOUR / 2, True)


def test_an_incident_makes_its_offers_once():
    make_closed_incident(make_asset(rto=HOUR))

    answers = [offers_for_closed_incidents(at=NOON) for _twice in range(2)]

    assert answers == ["1 incidents offered", "0 incidents offered"]
    assert AchievementOffer.objects.count() == 1


def test_an_open_incident_offers_nothing_yet():
    asset = make_asset(rto=HOUR)
    make_closed_incident(asset, status=IncidentStatus.RECOVERED)

    offers_for_closed_incidents(at=NOON)

    assert not AchievementOffer.objects.exists()


def test_risks_that_name_a_hit_asset_are_offered_the_incident():
    asset = make_asset()
    hit, spared = make_risk(assets=[asset]), make_risk(assets=[make_asset()])
    make_closed_incident(asset)

    offers_for_closed_incidents(at=NOON)

    assert list(RiskEvidence.objects.values_list("risk", flat=True)) == [hit.pk]
    assert not spared.evidence.exists()


def test_risks_of_the_same_harm_without_assets_are_offered_it_too():
    integrity = make_risk(category=make_category("integrity"))
    make_risk(category=make_category("security"))
    make_closed_incident(kind="integrity")

    offers_for_closed_incidents(at=NOON)

    assert RiskEvidence.objects.get().risk == integrity


def test_an_exercise_teaches_targets_but_is_no_evidence_for_risks():
    asset = make_asset(rto=HOUR, business_owner=None)
    make_risk(assets=[asset])
    make_closed_incident(asset, mode="exercise")
    offers_for_closed_incidents(at=NOON)

    accept_achievement(offer=AchievementOffer.objects.get(), actor=make_user(), at=NOON)

    assert not RiskEvidence.objects.exists()
    assert Achievement.objects.get().source_kind == "exercise"


def test_an_accepted_achievement_becomes_proof_of_the_target():
    owner = make_user()
    asset = make_asset(rto=HOUR, business_owner=owner)
    incident = make_closed_incident(asset)
    offers_for_closed_incidents(at=NOON)

    accept_achievement(offer=AchievementOffer.objects.get(), actor=owner, at=NOON)

    proof = Achievement.objects.get()
    assert (proof.source_code, proof.achieved) == (incident.code, 2 * HOUR)
    assert proof.is_met is False


def test_only_the_owners_of_an_asset_decide_about_its_target():
    make_closed_incident(make_asset(rto=HOUR, business_owner=make_user()))
    offers_for_closed_incidents(at=NOON)

    with pytest.raises(NotAllowedError):
        accept_achievement(offer=AchievementOffer.objects.get(), actor=make_user(), at=NOON)


def test_an_offer_is_decided_once():
    make_closed_incident(make_asset(rto=HOUR))
    offers_for_closed_incidents(at=NOON)
    offer, actor = AchievementOffer.objects.get(), make_user()
    decline_achievement(offer=offer, reason="Clock was wrong", actor=actor, at=NOON)

    with pytest.raises(AlreadyWeighedError):
        accept_achievement(offer=offer, actor=actor, at=NOON)
    assert not Achievement.objects.exists()


def test_accepted_evidence_asks_for_a_new_judgement():
    risk = make_risk(residual=(2, 2))
    evidence = link(risk)

    weigh(accept_evidence, evidence, actor=risk.owner)

    risk.refresh_from_db()
    assert risk.reassess_since == NOON


def test_declined_evidence_leaves_the_risk_as_it_is():
    risk = make_risk(residual=(2, 2))

    weigh(decline_evidence, link(risk), actor=risk.owner)

    risk.refresh_from_db()
    assert risk.reassess_since is None


def test_only_the_owner_weighs_evidence():
    with pytest.raises(NotAllowedError):
        weigh(accept_evidence, link(make_risk()), actor=make_user())


def test_evidence_is_weighed_once():
    risk = make_risk()
    evidence = link(risk)
    weigh(decline_evidence, evidence, actor=risk.owner)

    with pytest.raises(AlreadyWeighedError):
        weigh(accept_evidence, evidence, actor=risk.owner)


def link(risk):
    return link_incident(
        risk=risk, incident=make_closed_incident(), note="Same cable", actor=risk.owner, at=NOON
    )
