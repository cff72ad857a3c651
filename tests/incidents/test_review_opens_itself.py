"""Closing opens the review, its owner is reminded, owners are asked for changes (R2, R4)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline, DeadlineState
from incidents.models import (
    ActionItem,
    IncidentStatus,
    Notice,
    Review,
    ReviewStatus,
    RunMode,
    Severity,
)
from incidents.review_times import REVIEW_TIMES
from incidents.services.incident import close_incident, recover_incident, start_response
from incidents.services.review import (
    open_review,
    reopen_review,
    review_due,
    save_review,
    sign_off_review,
)
from risks.selectors.changeable import changeables
from risks.services.control import apply_control
from risks.services.feedback import NobodyToAskError, ask_owner
from tests.make import LATER, NOON, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident, make_run
from tests.make_risks import make_control, make_risk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def recovered(**fields):
    boss = fields.pop("commander", None) or make_user(Role.INCIDENT_COMMANDER)
    incident = make_incident(commander=boss, **fields)
    incident = start_response(incident=incident, actor=boss, at=NOON)
    return recover_incident(incident=incident, actor=boss, at=LATER)


def closed(**fields):
    incident = recovered(**fields)
    return close_incident(
        incident=incident, actor=make_user(), at=LATER, reason="It is late, tomorrow"
    )


def waiting(review):
    return Deadline.objects.waiting().get(kind="incidents.review_due", subject_id=review.pk)


def fire(review):
    """What the engine does when the next reminder is due."""
    deadline = waiting(review)
    Deadline.objects.filter(pk=deadline.pk).update(
        state=DeadlineState.FIRED, fired_at=deadline.due_at
    )
    review_due(deadline=deadline, at=deadline.due_at)
    return deadline.due_at


def sign(review):
    texts = {"root_cause": "A cut fibre"}
    review = save_review(review=review, texts=texts, actor=make_user(), at=LATER)
    return sign_off_review(review=review, actor=make_user(Role.RISK_MANAGER), at=LATER)


def told_about_reviews(person):
    return Notice.objects.filter(person=person, message__contains="review")


@pytest.mark.parametrize("severity", list(Severity), ids=str)
def test_closing_opens_the_review_with_a_deadline_by_severity(severity):
    incident = closed(severity=severity)

    review = Review.objects.get(incident=incident)
    assert (review.status, review.owner) == (ReviewStatus.OPEN, incident.commander)
    assert review.due_at == LATER + REVIEW_TIMES[severity].due_within
    assert waiting(review).due_at == review.due_at - REVIEW_TIMES[severity].remind_before
    assert told_about_reviews(incident.commander).count() == 1


def test_closing_opens_no_second_review():
    incident = recovered()
    review = sign(open_review(incident=incident, actor=incident.commander, at=LATER))
    incident.refresh_from_db()

    close_incident(incident=incident, actor=make_user(), at=LATER)

    assert Review.objects.get() == review
    assert Review.objects.get().status == ReviewStatus.SIGNED_OFF


def test_a_rehearsal_owes_no_review():
    closed(mode=RunMode.EXERCISE)

    assert not Review.objects.exists()


def test_the_owner_is_reminded_before_on_the_day_and_until_it_is_signed():
    manager = make_user()
    owner = make_user(Role.INCIDENT_COMMANDER, manager=manager)
    review = Review.objects.get(incident=closed(commander=owner, severity=Severity.HIGH))

    days = [(fire(review) - LATER).days for _time in range(4)]

    assert days == [4, 5, 7, 9]
    assert told_about_reviews(owner).count() == 1 + 4
    # The manager hears of it once it has been late for a while.
    assert told_about_reviews(manager).count() == 2
    sign(review)
    assert not Deadline.objects.waiting().filter(kind="incidents.review_due").exists()


def test_a_review_that_is_reopened_is_due_anew():
    review = sign(Review.objects.get(incident=closed(severity=Severity.HIGH)))

    review = reopen_review(review=review, actor=make_user(), at=LATER + 9 * DAY, reason="New facts")

    assert review.due_at == LATER + 14 * DAY
    assert waiting(review).due_at == LATER + 13 * DAY


def test_an_incident_is_closed_from_its_page_and_looked_back_on_later(client):
    boss = make_user(Role.INCIDENT_COMMANDER, Role.AUDITOR)
    incident = recovered(commander=boss)
    client.force_login(boss)
    early = reverse("incidents:close_early", args=[incident.code])

    assert early in client.get(reverse("incidents:detail", args=[incident.code])).content.decode()
    client.post(early, {"reason": ""})
    incident.refresh_from_db()
    assert incident.status == IncidentStatus.RECOVERED
    client.post(early, {"reason": "The shift ends"})

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.CLOSED
    assert Review.objects.get(incident=incident).owner == boss


def owned_things():
    """An incident that hit an owned asset, ran an owned playbook, beside an owned control."""
    owner = make_user()
    asset = make_asset(business_owner=owner, rto=timedelta(hours=1))
    boss = make_user(Role.INCIDENT_COMMANDER, Role.AUDITOR)
    incident = make_incident(commander=boss, assets=[asset])
    run = make_run(incident=incident)
    playbook = run.version.playbook
    playbook.business_owner = owner
    playbook.save()
    risk = make_risk(assets=[asset], owner=owner)
    control = make_control(owner=owner)
    apply_control(risk=risk, control=control, note="", actor=owner, at=NOON)
    incident = start_response(incident=incident, actor=boss, at=NOON)
    incident = recover_incident(incident=incident, actor=boss, at=LATER)
    review = open_review(incident=incident, actor=boss, at=LATER)
    return review, boss, owner, {asset.code, playbook.code, risk.code, control.code}


def test_owners_of_controls_playbooks_objectives_and_risks_get_the_change_as_their_task():
    review, boss, owner, codes = owned_things()

    near = [thing for thing in changeables(review.incident, user=boss) if thing.is_near]
    assert {thing.code for thing in near} == codes
    for thing in near:
        ask_owner(review=review, thing=thing, text="Change it", due_on=LATER.date() + DAY,
                  actor=boss, at=LATER)  # fmt: skip

    items = ActionItem.objects.filter(review=review, owner=owner)
    assert {item.about_code for item in items} == codes
    assert {item.about_kind for item in items} == {"objective", "playbook", "risk", "control"}
    assert Notice.objects.filter(person=owner, params__item="Change it").count() == 4


def test_what_belongs_to_nobody_cannot_be_asked_of_anybody():
    review, boss, *_rest = owned_things()
    orphan = make_control(owner=None)
    thing = next(t for t in changeables(review.incident, user=boss) if t.code == orphan.code)

    with pytest.raises(NobodyToAskError, match="has no owner"):
        ask_owner(review=review, thing=thing, text="Test it", due_on=LATER.date(),
                  actor=boss, at=LATER)  # fmt: skip


def test_the_review_page_asks_an_owner_and_shows_what_was_asked(client):
    review, boss, _owner, codes = owned_things()
    client.force_login(boss)
    code = review.incident.code
    control = next(c for c in codes if c.startswith("C-"))

    form = client.get(reverse("risks:ask_owner", args=[code])).content.decode()
    assert all(one in form for one in codes)
    said = {"thing": f"control:{control}", "text": "Test it each month", "due_on": "2099-01-31"}
    assert client.post(reverse("risks:ask_owner", args=[code]), said).status_code == 302

    page = client.get(reverse("incidents:review", args=[code])).content.decode()
    assert "Test it each month" in page
    assert reverse("risks:control", args=[control]) in page
