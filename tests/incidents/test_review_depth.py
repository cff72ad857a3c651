"""Looking back in depth: causes with evidence, other policies replayed, the fleet, verification."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError
from incidents.counterfactual import Answer, replay_calls
from incidents.models import Cause, Escalation, Notice, Review
from incidents.reports.builder import build_incident_report
from incidents.selectors.causes import cause_lines
from incidents.selectors.counterfactual import counterfactual
from incidents.selectors.fleet import fleet_during
from incidents.services.action_item import (
    assign_action_item,
    finish_action_item,
    verify_action_item,
)
from incidents.services.cause import add_cause, cite_evidence, remove_cause
from incidents.services.review import open_review, save_review, sign_off_review
from telemetry.models import SiteSpan, SyncSession
from tests.make import NOON, make_device, make_user
from tests.make_incidents import make_policy
from tests.make_reports import MINUTE, make_told_incident

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def make_review(**fields: object) -> Review:
    incident = make_told_incident(**fields)
    return open_review(incident=incident, actor=incident.commander, at=LATER)


def sees_all():
    # Auditors see every site, commanders write reviews.
    return make_user(Role.INCIDENT_COMMANDER, Role.AUDITOR)


def press(client, name: str, *args: object, **said: object) -> None:
    assert client.post(reverse(f"incidents:{name}", args=args), said).status_code == 302


def add(review: Review, text: str, parent: Cause | None = None) -> Cause:
    return add_cause(review=review, text=text, kind="process", parent=parent,
                     actor=review.owner, at=LATER)  # fmt: skip


def call(incident, person, *, minutes: int, answered: int | None):
    """A call so many minutes after noon, and its answer."""
    escalation, _new = Escalation.objects.get_or_create(
        incident=incident, reason="manual", defaults={"started_at": NOON}
    )
    return Notice.objects.create(
        person=person, incident=incident, escalation=escalation, kind="call", message="Come",
        created_at=NOON + minutes * MINUTE,
        acknowledged_at=None if answered is None else NOON + answered * MINUTE,
    )  # fmt: skip


def test_causes_are_a_tree_that_is_numbered_as_it_is_read():
    review = make_review()
    fibre = add(review, "The fibre was cut")
    add(review, "No second line")
    add(review, "Nobody had told the road works", fibre)

    lines = [(line.number, line.cause.text, line.depth) for line in cause_lines(review)]
    assert lines == [
        ("1", "The fibre was cut", 1),
        ("1.1", "Nobody had told the road works", 2),
        ("2", "No second line", 1),
    ]


def test_evidence_of_a_cause_comes_from_the_timeline_of_its_own_incident():
    review, other = make_review(), make_told_incident()
    cause = add(review, "The fibre was cut")

    cite_evidence(cause=cause, entry=review.incident.timeline.first(), actor=review.owner, at=LATER)
    with pytest.raises(DomainError, match="another incident"):
        cite_evidence(cause=cause, entry=other.timeline.first(), actor=review.owner, at=LATER)

    assert len(cause_lines(review)[0].evidence) == 1


def test_a_signed_review_keeps_its_causes():
    review = make_review()
    cause = add(review, "The fibre was cut")
    save_review(review=review, texts={"root_cause": "Works"}, actor=review.owner, at=LATER)
    sign_off_review(review=review, actor=make_user(Role.RISK_MANAGER), at=LATER)

    with pytest.raises(DomainError, match="signed off"):
        remove_cause(cause=Cause.objects.get(pk=cause.pk), actor=review.owner, at=LATER)


def test_causes_are_edited_on_the_page_without_a_script(client):
    review = make_review()
    code = review.incident.code
    client.force_login(sees_all())

    press(client, "cause_add", code, text="Road works", kind="outside")
    top = Cause.objects.get()
    press(client, "cause_add", code, text="No warning", kind="people", parent=top.pk)
    press(client, "cause_cite", code, top.pk, note="Photo of the ditch")
    press(client, "cause_change", code, top.pk, text="Road works in Gubeng", kind="outside")
    page = client.get(reverse("incidents:review", args=[code])).content.decode()

    assert "Road works in Gubeng" in page
    assert "Photo of the ditch" in page
    assert "No warning" in page
    assert AuditRow.objects.filter(action__startswith="review.cause_").count() == 4


def test_nobody_signs_off_the_review_they_wrote_while_somebody_else_can():
    review = make_review()
    writer = make_user(Role.INCIDENT_COMMANDER)
    other = make_user(Role.RISK_MANAGER)
    save_review(review=review, texts={"root_cause": "Works"}, actor=writer, at=LATER)

    with pytest.raises(DomainError, match="somebody else signs"):
        sign_off_review(review=review, actor=writer, at=LATER)
    assert sign_off_review(review=review, actor=other, at=LATER).signed_off_by == other


@pytest.mark.parametrize(("severity", "days"), [(1, 3), (2, 5), (3, 7), (4, 14)])
def test_the_graver_the_incident_the_sooner_the_review_is_due(severity, days):
    review = make_review(severity=severity)

    assert review.due_at == LATER + timedelta(days=days)


def test_a_kept_promise_is_verified_by_somebody_else_than_its_owner():
    review = make_review()
    owner, other = review.owner, make_user()
    item = assign_action_item(incident=review.incident, review=review, text="Second line",
                              kind="mitigate", owner=owner, due_on=LATER.date(), actor=owner,
                              at=LATER)  # fmt: skip
    item = finish_action_item(item=item, actor=owner, at=LATER)

    with pytest.raises(DomainError, match="Somebody else"):
        verify_action_item(item=item, actor=owner, at=LATER)
    assert verify_action_item(item=item, actor=other, at=LATER).verified_by == other


def test_a_policy_that_calls_the_answerer_first_is_earlier_by_the_wait_it_saves():
    plan = {"levels": [{"delay_s": 600, "targets": [{"user": 2}]}], "repeat_count": 0}
    answer = Answer(2, "Dewi", called_at=NOON + 12 * MINUTE, answered_at=NOON + 15 * MINUTE)

    replay = replay_calls(
        plan, began_at=NOON, answers=[answer], resolve=lambda t, at: [(2, "Dewi")]
    )

    assert replay.answered_at == NOON + 3 * MINUTE


def test_with_this_policy_the_answer_would_have_come_twelve_minutes_earlier():
    incident = make_told_incident()
    slow, quick = make_user(), make_user()
    call(incident, slow, minutes=0, answered=None)
    call(incident, quick, minutes=12, answered=15)
    make_policy([quick], [slow], name="Quick first")
    make_policy([slow], name="Slow alone", is_default=False)

    whole = counterfactual(incident)
    first, second = [one for one in whole.what_ifs if one.policy in ("Quick first", "Slow alone")]

    assert first.gain == 12 * MINUTE
    assert "12 min" in first.verdict
    assert any("3 min" in line for line in first.sums)
    assert second.gain is None


def test_who_is_on_no_rung_is_never_counted_on():
    incident = make_told_incident()
    call(incident, make_user(), minutes=0, answered=4)
    make_policy([make_user()], name="Strangers")

    (one,) = [one for one in counterfactual(incident).what_ifs if one.policy == "Strangers"]

    assert one.gain is None
    assert "cannot be said" in one.verdict


def test_the_review_holds_states_and_sync_logs_of_the_sites_hit(client):
    review = make_review()
    incident = review.incident
    site = incident.sites.order_by("site__code").first().site
    device = make_device(site=site)
    SiteSpan.objects.create(site=site, state="dark", began_at=NOON + MINUTE)
    SyncSession.objects.create(
        device=device, session_id="8e9f3a52-4d1f-4d0e-9f66-1f1b1f9a2c11", stream_name="sales",
        direction="push", started_at=NOON + 5 * MINUTE, outcome="failed", received_at=LATER,
        errors=[{"code": "E_LINK", "count": 3}],
    )  # fmt: skip

    fleet = fleet_during(incident, at=LATER)
    client.force_login(sees_all())
    page = client.get(reverse("incidents:review", args=[incident.code])).content.decode()

    (line,) = fleet.syncs
    assert (line.total, line.failed, line.last_ok_at) == (1, 1, None)
    assert "E_LINK" in page
    assert "<svg" in page


def test_the_paper_holds_causes_replay_and_fleet(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    review = make_review()
    add(review, "Road works in Gubeng")
    call(review.incident, review.owner, minutes=2, answered=4)
    make_policy([review.owner], name="Owner first")

    built = build_incident_report(subject_id=review.incident.pk, language="en", at=LATER)

    assert "Road works in Gubeng" in built.html
    assert "2 min earlier" in built.html
    assert built.payload["analysis"]["causes"][0]["text"] == "Road works in Gubeng"
