"""Verbs of risks, assessments, treatments, controls, acceptances and the matrix."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from assets.changes import BadFactsError, ReasonMissingError
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.lifecycle import IllegalMoveError
from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.models import Acceptance, Risk, RiskControl
from risks.services.acceptance import (
    AlreadyDecidedError,
    UnratedRiskError,
    accept_risk,
    expire_acceptance,
    withdraw_acceptance,
)
from risks.services.control import (
    ControlWithdrawnError,
    apply_control,
    introduce_control,
    record_control_test,
    withdraw_control,
)
from risks.services.matrix import publish_matrix
from risks.services.risk import (
    RiskRetiredError,
    edit_risk,
    finish_review,
    identify_risk,
    retire_risk,
)
from risks.services.treatment import decide_treatment, drop_treatment, finish_treatment
from tests.make import NOON, make_user
from tests.make_assets import make_asset
from tests.make_risks import judge, make_category, make_control, make_risk

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
MONTH = timedelta(days=30)


def identify(**fields):
    facts = {"title": "Tills stop", "category": make_category(), "owner": make_user()}
    return identify_risk(facts=facts | fields, actor=None, at=NOON)


def accept(risk, *, days=30, actor=None):
    return accept_risk(
        asked_by=risk.owner,
        risk=risk,
        reason="Too dear to fix",
        expires_on=TODAY + timedelta(days=days),
        actor=actor or make_user(Role.BUSINESS_OWNER, is_superuser=True),
        at=NOON,
    )


def test_codes_go_on_from_the_highest():
    make_risk(code="R-999")

    assert identify().code == "R-1000"
    assert identify().code == "R-1001"


def test_a_risk_without_a_title_is_refused_with_a_sentence():
    with pytest.raises(BadFactsError, match="Title"):
        identify(title="")


def test_an_edit_says_what_changed_even_among_assets():
    risk = make_risk(assets=[make_asset(code="OLD")])

    edit_risk(risk=risk, facts={}, assets=[make_asset(code="NEW")], actor=None, at=NOON)

    row = AuditRow.objects.get(action="risk.edit")
    assert (row.before, row.after) == ({"assets": "OLD"}, {"assets": "NEW"})


def test_a_judgement_sets_level_score_and_review():
    risk = make_risk(residual=(4, 5))

    assert (risk.level, risk.score) == ("extreme", 20)
    assert risk.review_on == TODAY + MONTH


def test_an_inherent_judgement_leaves_the_level_alone():
    risk = make_risk()
    judge(risk, 5, 5, kind="inherent")

    risk.refresh_from_db()
    assert risk.is_unrated
    assert risk.inherent.level == "extreme"


@pytest.mark.parametrize("place", [(0, 1), (6, 1), (1, 0), (1, 6)])
def test_a_judgement_off_the_matrix_is_refused(place):
    with pytest.raises(BadFactsError):
        judge(make_risk(), *place)


def test_the_database_refuses_a_level_without_a_judgement():
    risk = make_risk()

    with pytest.raises(IntegrityError), transaction.atomic():
        Risk.objects.filter(pk=risk.pk).update(level="low", score=1)


def publish(**changes):
    facts = {"likelihoods": LIKELIHOODS, "impacts": IMPACTS, "levels": LEVELS, "cells": CELLS}
    return publish_matrix(name="Ours", reason="Board", actor=None, at=NOON, **(facts | changes))


def test_a_stricter_matrix_opens_a_reassessment_and_clamps_nothing():
    risk = make_risk(residual=(2, 2))

    publish(cells=[["moderate" if word == "low" else word for word in row] for row in CELLS])

    risk.refresh_from_db()
    assert (risk.level, risk.reassess_since) == ("low", NOON)
    assert risk.is_unrated


def test_new_words_alone_open_no_reassessment():
    risk = make_risk(residual=(2, 2))

    publish(levels=[{**level, "en": level["en"].upper()} for level in LEVELS])

    risk.refresh_from_db()
    assert risk.reassess_since is None


def test_judging_again_settles_the_reassessment():
    risk = make_risk(residual=(2, 2))
    Risk.objects.filter(pk=risk.pk).update(reassess_since=NOON)

    judge(risk, 2, 2)

    risk.refresh_from_db()
    assert not risk.is_unrated


def test_an_unrated_risk_cannot_be_accepted():
    with pytest.raises(UnratedRiskError):
        accept(make_risk())


@pytest.mark.parametrize("days", [0, -1, 400])
def test_an_acceptance_ends_after_today_and_within_a_year(days):
    with pytest.raises(BadFactsError):
        accept(make_risk(residual=(4, 4)), days=days)


def test_an_acceptance_has_a_deadline_and_opens_the_risk_again():
    risk = make_risk(residual=(4, 4))
    acceptance = accept(risk)
    deadline = Deadline.objects.get(kind="risks.acceptance_expiry", subject_id=acceptance.pk)

    expire_acceptance(deadline=deadline, at=deadline.due_at)

    risk.refresh_from_db()
    acceptance.refresh_from_db()
    assert (risk.status, acceptance.ended_at) == ("open", deadline.due_at)


def test_an_expiry_that_comes_twice_does_nothing_twice():
    risk = make_risk(residual=(4, 4))
    acceptance = accept(risk)
    deadline = Deadline.objects.get(kind="risks.acceptance_expiry", subject_id=acceptance.pk)

    for _twice in range(2):
        expire_acceptance(deadline=deadline, at=deadline.due_at)

    assert AuditRow.objects.filter(action="risk.reopen").count() == 1


def test_a_withdrawn_acceptance_waits_for_no_deadline():
    acceptance = accept(make_risk(residual=(4, 4)))

    withdraw_acceptance(acceptance=acceptance, reason="Changed", actor=make_user(), at=NOON)

    assert not Deadline.objects.waiting().filter(subject_id=acceptance.pk).exists()


def test_a_risk_is_accepted_once_at_a_time():
    risk = make_risk(residual=(4, 4))
    accept(risk)

    with pytest.raises(AlreadyDecidedError):
        accept(risk)


def test_a_review_without_a_date_comes_back_by_the_level():
    risk = make_risk(residual=(4, 5))

    risk = finish_review(risk=risk, note="Looked", actor=make_user(), at=NOON)

    assert (risk.review_on, risk.reviewed_at) == (TODAY + MONTH, NOON)


def test_a_review_needs_a_note():
    with pytest.raises(ReasonMissingError):
        finish_review(risk=make_risk(), note="", actor=make_user(), at=NOON)


def test_a_retired_risk_changes_no_more():
    risk = make_risk(residual=(4, 4))
    accept(risk)
    retire_risk(risk=risk, reason="Sold", actor=make_user(), at=NOON)

    with pytest.raises(RiskRetiredError):
        edit_risk(risk=risk, facts={"title": "New"}, actor=None, at=NOON)
    assert Acceptance.objects.get(risk=risk).ended_at == NOON


def test_a_treatment_is_decided_and_ends_once():
    owner = make_user()
    treatment = decide_treatment(
        risk=make_risk(), kind="reduce", plan="Second link", owner=owner, actor=None, at=NOON
    )
    finish_treatment(treatment=treatment, note="Tested", actor=owner, at=NOON)

    with pytest.raises(IllegalMoveError):
        drop_treatment(treatment=treatment, note="No", actor=owner, at=NOON)


def test_a_control_is_untested_until_somebody_tests_it():
    facts = {"name": "Backups", "kind": "corrective", "nature": "technical"}
    control = introduce_control(facts=facts, actor=None, at=NOON)
    assert control.effectiveness == "untested"

    control = record_control_test(
        control=control, effectiveness="strong", note="Restored", actor=None, at=NOON
    )
    assert (control.effectiveness, control.tested_on) == ("strong", TODAY)


def test_a_withdrawn_control_holds_nothing_down():
    control = make_control()
    withdraw_control(control=control, reason="Replaced", actor=make_user(), at=NOON)

    with pytest.raises(ControlWithdrawnError):
        apply_control(risk=make_risk(), control=control, actor=None, at=NOON)


def test_a_control_is_linked_once():
    risk, control = make_risk(), make_control()
    apply_control(risk=risk, control=control, actor=None, at=NOON)

    with pytest.raises(BadFactsError):
        apply_control(risk=risk, control=control, actor=None, at=NOON)
    assert RiskControl.objects.count() == 1
