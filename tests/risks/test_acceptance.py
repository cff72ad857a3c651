"""Acceptances: two people, an end by date or tripwire, and everybody hears of it (G4, G5)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from assets.changes import BadFactsError
from assets.services.achievement import record_achievement
from bcp_portal.accounts.roles import Role
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import Notice
from risks.models import Acceptance, RegisterDigest
from risks.services.acceptance import approve_acceptance, ask_acceptance, refuse_acceptance
from risks.services.digest import send_digests
from risks.services.indicator import record_value
from risks.services.risk import StaleRiskError, edit_risk
from risks.services.tripwire import watch_tripwires
from tests.make import LATER, NOON, make_user
from tests.make_assets import make_asset
from tests.make_register import make_acceptance, make_indicator
from tests.make_risks import make_closed_incident, make_risk

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(days=3)


def ask(risk, approver, actor, **fields):
    facts = {"reason": "Dear", "expires_on": (NOON + timedelta(days=9)).date()}
    return ask_acceptance(risk=risk, approver=approver, actor=actor, at=NOON, **(facts | fields))


def told(person):
    return [notice.text for notice in Notice.objects.filter(person=person).order_by("pk")]


def test_nothing_changes_until_the_other_person_says_yes():
    risk, boss = make_risk(residual=(4, 4)), make_user(Role.BUSINESS_OWNER)

    acceptance = ask(risk, boss, risk.owner)

    risk.refresh_from_db()
    assert (risk.status, acceptance.state) == ("open", "waiting")
    assert risk.code in told(boss)[0]
    approve_acceptance(acceptance=acceptance, actor=boss, at=LATER)
    risk.refresh_from_db()
    assert risk.status == "accepted"
    assert "has accepted" in told(risk.owner)[0]


def test_the_asker_is_not_the_approver():
    boss = make_user(Role.BUSINESS_OWNER)
    risk = make_risk(residual=(4, 4))
    with pytest.raises(NotAllowedError):
        ask(risk, boss, boss)
    acceptance = ask(risk, make_user(Role.BUSINESS_OWNER), boss)

    with pytest.raises(NotAllowedError):
        approve_acceptance(acceptance=acceptance, actor=boss, at=LATER)

    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.filter(pk=acceptance.pk).update(accepted_by=boss, accepted_at=LATER)


def test_somebody_who_may_not_accept_cannot_be_asked():
    with pytest.raises(NotAllowedError):
        ask(make_risk(residual=(4, 4)), make_user(Role.VIEWER), make_user())


def test_a_refusal_leaves_the_risk_open_and_tells_the_asker():
    risk, boss, asker = make_risk(residual=(4, 4)), make_user(Role.BUSINESS_OWNER), make_user()
    acceptance = ask(risk, boss, asker)

    refuse_acceptance(acceptance=acceptance, reason="Fix it", actor=boss, at=LATER)

    risk.refresh_from_db()
    assert (risk.status, Acceptance.objects.get().state) == ("open", "refused")
    assert "Fix it" in told(asker)[0]


def test_an_indicator_past_its_limit_ends_the_acceptance():
    indicator = make_indicator()
    acceptance = make_acceptance(indicators=(indicator,))
    watch_tripwires(at=LATER)
    assert Acceptance.objects.standing().exists()

    record_value(indicator=indicator, value=11, actor=indicator.owner, at=LATER)
    watch_tripwires(at=SOON)

    acceptance.refresh_from_db()
    acceptance.risk.refresh_from_db()
    assert acceptance.ended_because == "an indicator is past its limit"
    assert acceptance.risk.status == "open"
    assert "is open again" in told(acceptance.accepted_by)[-1]


def test_so_many_incidents_end_the_acceptance_and_exercises_do_not_count():
    asset = make_asset()
    acceptance = make_acceptance(make_risk(residual=(4, 4), assets=[asset]), incidents=2)
    make_closed_incident(asset)
    make_closed_incident(asset, mode="exercise")
    watch_tripwires(at=LATER)
    assert Acceptance.objects.standing().exists()

    make_closed_incident(asset)
    watch_tripwires(at=SOON)

    acceptance.refresh_from_db()
    assert acceptance.ended_at == SOON


def test_a_failed_exercise_ends_the_acceptance():
    asset = make_asset()
    make_acceptance(make_risk(residual=(4, 4), assets=[asset]), failed_exercise=True)

    record_achievement(
        asset=asset, measure="rto", source_kind="exercise", source_code="EX-1",
        achieved=timedelta(hours=9), target=timedelta(hours=1), happened_at=LATER, actor=None,
        at=LATER,
    )  # fmt: skip
    watch_tripwires(at=SOON)

    assert not Acceptance.objects.standing().exists()


def test_an_indicator_already_past_its_limit_is_no_tripwire():
    indicator = make_indicator()
    record_value(indicator=indicator, value=99, actor=indicator.owner, at=NOON)
    indicator.refresh_from_db()

    with pytest.raises(BadFactsError, match=indicator.code):
        make_acceptance(indicators=(indicator,))


def test_fifty_overdue_reviews_are_one_message_and_the_manager_hears_too():
    boss = make_user()
    owner = make_user(manager=boss)
    for _one in range(50):
        make_risk(owner=owner, review_on=(NOON - timedelta(days=3)).date())

    send_digests(at=NOON)
    send_digests(at=LATER)
    send_digests(at=NOON + timedelta(days=1))

    assert len(told(owner)) == 1
    assert "50 reviews due" in told(owner)[0]
    assert "50 overdue with your people" in told(boss)[0]
    assert RegisterDigest.objects.count() == 2


def test_nobody_is_written_to_before_seven_in_the_morning():
    make_risk(owner=make_user(time_zone="America/New_York"))

    send_digests(at=NOON - timedelta(hours=2))

    assert not Notice.objects.exists()


def test_two_people_at_one_risk_lose_nothing():
    risk = make_risk()
    edit_risk(risk=risk, facts={"cause": "First"}, expected=1, actor=None, at=NOON)

    with pytest.raises(StaleRiskError):
        edit_risk(risk=risk, facts={"cause": "Second"}, expected=1, actor=None, at=LATER)

    edit_risk(risk=risk, facts={"cause": "Both"}, expected=2, actor=None, at=LATER)
    risk.refresh_from_db()
    assert (risk.cause, risk.version) == ("Both", 3)
