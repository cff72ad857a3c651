"""Plans by scenario: written by one, approved by another, on paper in both languages (X1)."""

import subprocess
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import Playbook
from incidents.services.exercise import plan_exercise
from risks.models import Plan, PlanVersion, RiskEvidence
from risks.plan_sections import SECTIONS
from risks.selectors.as_of import picture_of
from risks.selectors.moved import what_moved
from risks.services.assessment import assess_risk
from risks.services.plan import (
    StalePlanError,
    approve_draft,
    return_draft,
    save_draft,
    submit_draft,
    write_plan,
)
from tests.make import LATER, NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_version
from tests.make_risks import make_closed_incident, make_risk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FULL = {"en": {name: f"{name} **text**" for name in SECTIONS}, "id": {"people": "Beri tahu staf"}}


@pytest.fixture
def writer():
    return make_user(Role.RISK_MANAGER)


@pytest.fixture
def plan(writer):
    facts = {"title": "Flood", "kind": "recovery", "scenario": "Water", "owner": writer}
    return write_plan(facts=facts, assets=[make_asset(code="APP-POS")], actor=writer, at=NOON)


def approve(plan, writer, at=NOON):
    save_draft(plan=plan, texts=FULL, actor=writer, at=at)
    submit_draft(plan=plan, actor=writer, at=at)
    return approve_draft(plan=plan, actor=make_user(Role.BUSINESS_OWNER), at=at)


def test_an_empty_plan_is_not_submitted(plan, writer):
    with pytest.raises(BadFactsError, match="Still empty"):
        submit_draft(plan=plan, actor=writer, at=NOON)


def test_the_writer_is_not_the_approver(plan, writer):
    save_draft(plan=plan, texts=FULL, actor=writer, at=NOON)
    submit_draft(plan=plan, actor=writer, at=NOON)

    with pytest.raises(NotAllowedError):
        approve_draft(plan=plan, actor=writer, at=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.update(state="approved", approved_by=writer, approved_at=NOON)


def test_the_version_in_force_stays_until_the_next_is_approved(plan, writer):
    first = approve(plan, writer)
    texts = {"en": FULL["en"] | {"data": "New"}}

    second = save_draft(plan=plan, texts=texts, actor=writer, at=LATER)

    plan.refresh_from_db()
    assert (plan.current, second.number, second.state) == (first, 2, "draft")
    submit_draft(plan=plan, actor=writer, at=LATER)
    approve_draft(plan=plan, actor=make_user(), at=LATER)
    first.refresh_from_db()
    plan.refresh_from_db()
    assert (first.state, plan.current.number) == ("replaced", 2)
    assert len(plan.current.digest) == 64


def test_a_version_given_back_is_a_draft_again(plan, writer):
    save_draft(plan=plan, texts=FULL, actor=writer, at=NOON)
    submit_draft(plan=plan, actor=writer, at=NOON)

    assert return_draft(plan=plan, reason="Whom?", actor=make_user(), at=NOON).state == "draft"


def test_two_people_at_one_draft_notice_each_other(plan, writer):
    seen = plan.versions.get().edits
    save_draft(plan=plan, texts=FULL, expected=seen, actor=writer, at=NOON)

    with pytest.raises(StalePlanError):
        save_draft(plan=plan, texts={}, expected=seen, actor=make_user(), at=NOON)


@pytest.mark.parametrize(("language", "other"), [("en", "id"), ("id", "en")])
def test_a_plan_is_printed_in_both_languages(plan, writer, language, other, tmp_path):
    said = {"en": ["High water", "Orders are lost"], "id": ["Air tinggi", "Pesanan hilang"]}
    Plan.objects.update(scenario=said["en"][0], scenario_id=said["id"][0])
    words = {"id": {"title": said["id"][1]}}
    book = Playbook.objects.create(code="PB-ORDERS", title=said["en"][1], translations=words)
    plan.playbooks.add(book)
    version = approve(plan, writer)

    paper, _digest = make_paper(kind="plan", subject_id=version.pk, language=language, at=LATER)

    (tmp_path / "plan.pdf").write_bytes(paper.bytes)
    text = subprocess.run(
        ["pdftotext", tmp_path / "plan.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert paper.pages >= 2
    assert [words in text for words in said[language]] == [True, True]
    assert [words in text for words in said[other]] == [False, False]


def test_plans_have_a_history_too(plan, writer):
    approve(plan, writer, at=NOON + DAY)

    early, late = (picture_of("plan", NOON + n * DAY, user=None).rows[0].facts for n in (1, 2))

    assert (early["version"], late["version"]) == ("", "1")


def test_the_whole_way_through_the_pages(client, writer):
    client.force_login(writer)
    facts = {"title": "Fire", "kind": "continuity", "scenario": "Smoke", "owner": writer.pk}
    client.post(reverse("risks:plan_add"), facts)
    code = Plan.objects.get().code
    texts = {f"{name}-{one}": "Text" for name in SECTIONS for one in ("en", "id")}
    client.post(reverse("risks:plan_draft", args=[code]), texts)
    client.post(reverse("risks:plan_submit", args=[code]))
    client.force_login(make_user(Role.RISK_MANAGER))
    client.post(reverse("risks:plan_approve", args=[code]))

    shown = client.get(reverse("risks:plan", args=[code])).content.decode()
    client.post(reverse("risks:plan_report", args=[code]), {"language": "id"})

    assert Plan.objects.get().current.number == 1
    assert "Approved" in shown
    assert ReportFile.objects.get().language == "id"
    assert client.get(reverse("risks:plans")).status_code == 200


def test_a_plan_lists_the_exercises_of_its_playbooks(client, writer, plan):
    rehearsed, other = make_version().playbook, make_version().playbook
    plan.playbooks.add(rehearsed)
    for playbook, title in ((rehearsed, "Pumps at night"), (other, "Somebody else's")):
        plan_exercise(
            kind="tabletop", title=title, playbook=playbook, scheduled_for=LATER, owner=writer,
            actor=writer, at=NOON,
        )  # fmt: skip
    client.force_login(writer)

    shown = client.get(reverse("risks:plan", args=[plan.code])).content.decode()

    assert "Pumps at night" in shown
    assert "Somebody else" not in shown


def test_a_plan_of_other_places_does_not_exist(client, writer):
    facts = {"title": "Far", "kind": "recovery", "scenario": "x", "owner": writer}
    far = write_plan(facts=facts, assets=[make_asset(site=make_site())], actor=writer, at=NOON)
    client.force_login(make_user(Role.BUSINESS_OWNER))

    assert client.get(reverse("risks:plan", args=[far.code])).status_code == 404


def test_the_home_gathers_what_incidents_said_by_risk(client, writer):
    now = timezone.now()
    risk = make_risk(title="Tills", owner=writer)
    for number in range(3):
        incident = make_closed_incident(title=f"Outage {number}")
        RiskEvidence.objects.create(risk=risk, incident=incident, offered_at=now)

    (line,) = what_moved(writer, since=now - DAY, at=now).evidence

    assert (line.risk, len(line.said), line.waiting) == (risk, 3, 3)


def test_the_home_says_what_moved_and_why_until_it_was_seen(client, writer):
    now = timezone.now()
    risk = make_risk(title="Tills", owner=writer)
    for likelihood, at in ((1, now - 20 * DAY), (5, now - DAY)):
        assess_risk(
            risk=risk, kind="residual", likelihood=likelihood, impact=4,
            rationale=f"Because {likelihood}", actor=writer, at=at,
        )  # fmt: skip
    client.force_login(writer)

    shown = client.get(reverse("risks:moved")).content.decode()
    client.post(reverse("risks:moved_seen"))
    later = client.get(reverse("risks:moved")).content.decode()

    assert "1×4 low" in shown
    assert "5×4 extreme" in shown
    assert "Because 5" in shown
    assert "5×4 extreme" not in later
