"""The editor of playbooks: drafts, order, conditions, approval, comparison, export (P1, P5, K2)."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import Notice, Playbook, PlaybookVersion, VersionStatus
from incidents.playbooks.compare import compare_plans
from incidents.playbooks.edit import PlanEditError, move_step, nudge_step, remove_step, with_keys
from incidents.playbooks.formats import read_json
from incidents.playbooks.lint import plan_problems
from incidents.playbooks.markdown import read_markdown
from incidents.playbooks.plan import StepPlan
from incidents.playbooks.preview import preview_run
from incidents.playbooks.reader import ready_plans
from incidents.playbooks.write import write_cacao, write_json, write_markdown
from incidents.selectors.playbook import plan_of
from incidents.services.playbook import OwnWorkError, publish_version
from incidents.services.playbook_draft import start_draft, submit_draft
from tests.make import NOON, make_user
from tests.make_incidents import make_plan, make_version

pytestmark = pytest.mark.django_db
ASK = StepPlan(
    text="Cut it?",
    key="cut",
    is_decision=True,
    options=["yes", "no"],
    default_option="no",
    due_within=timedelta(minutes=10),
)
IF_CUT = StepPlan(text="Tell partners", key="tell", condition={"step": "cut", "chosen": "yes"})
IF_BAD = StepPlan(
    text="Call the board", key="board", condition={"facts": [{"fact": "severity", "value": "1"}]}
)


def keys(plan):
    return [[step.key for step in phase.steps] for phase in plan.phases]


@pytest.fixture
def author(client):
    user = make_user(Role.INCIDENT_COMMANDER, first_name="Ayu")
    client.force_login(user)
    return user


@pytest.fixture
def draft(author):
    version = make_version({"Look": ["Read the alert", "Call the site"], "Act": [ASK, IF_CUT]})
    return start_draft(playbook=version.playbook, actor=author, at=NOON)


def edit_url(draft, query=""):
    return reverse("incidents:playbook_edit", args=[draft.playbook.code]) + query


def test_steps_move_within_and_between_phases_and_keep_their_rules():
    plan = with_keys(make_plan({"A": ["one", "two"], "B": ["three"]}))

    assert keys(nudge_step(plan, key="two", by=-1)) == [["two", "one"], ["three"]]
    assert keys(nudge_step(plan, key="two", by=1)) == [["one"], ["two", "three"]]
    assert keys(nudge_step(plan, key="one", by=-1)) == [["one", "two"], ["three"]]
    assert keys(move_step(plan, key="three", phase=0, place=1)) == [["one", "three", "two"], []]
    depends = with_keys(make_plan({"A": [ASK, IF_CUT]}))
    with pytest.raises(PlanEditError, match="depends on this step"):
        remove_step(depends, key="cut")


def test_rules_that_can_never_be_followed_stand_against_publishing():
    wrong = make_plan(
        {
            "A": [
                IF_CUT,
                StepPlan(text="Which?", key="which", is_decision=True, options=["a"]),
                StepPlan(text="Odd", condition={"facts": [{"fact": "moon", "value": "full"}]}),
            ]
        }
    )

    told = " ".join(plan_problems(wrong))

    assert "does not come before it" in told
    assert "less than two options" in told
    assert "a fact that cannot be read" in told
    assert not [problem for plan in ready_plans() for problem in plan_problems(plan)]


def test_a_plan_comes_back_from_json_and_from_cacao_as_it_left():
    for plan in [*ready_plans(), with_keys(make_plan({"A": [ASK, IF_CUT, IF_BAD]}))]:
        assert read_json(write_json(plan), source="") == plan
        sent = write_cacao(plan, at=NOON)
        assert read_json(sent, source="") == plan
        content = json.loads(sent)
        targets = {step.get("on_completion") for step in content["workflow"].values()}
        assert content["spec_version"] == "cacao-2.0"
        assert targets - {None} <= set(content["workflow"])


def test_the_markdown_of_a_plan_is_read_back_step_by_step():
    for plan in ready_plans():
        back = read_markdown(write_markdown(plan), source="x.md")

        assert [step.text for step in back.steps] == [step.text for step in plan.steps]
        assert back.title == plan.title


def test_a_preview_says_what_would_be_left_out_and_when_all_is_done():
    plan = with_keys(make_plan({"A": [ASK], "B": [IF_CUT, IF_BAD]}, rto=timedelta(minutes=5)))

    calm = preview_run(plan, facts={"severity": 3}, choices={})
    bad = preview_run(plan, facts={"severity": 1}, choices={"cut": "yes"})

    assert (calm.needed, calm.left_out) == (1, 2)
    assert (bad.needed, bad.left_out) == (3, 0)
    assert calm.back_after == timedelta(minutes=10)
    assert calm.fits is False


def test_a_comparison_names_what_was_added_removed_moved_and_changed():
    old = with_keys(make_plan({"A": ["one", "two", "three"]}))
    new = with_keys(make_plan({"A": ["two", "one", StepPlan(text="four", key="four")]}))

    changes = {(change.what, change.text) for change in compare_plans(old, new)}

    assert changes == {
        ("added", "four"), ("removed", "three"), ("moved", "one"), ("moved", "two")
    }  # fmt: skip


def test_a_step_is_written_changed_and_survives_a_reload(client, draft):
    page = client.get(edit_url(draft, "?what=add&phase=1"))
    assert page.status_code == 200
    typed = {
        "text": "Call the provider",
        "phase": "1",
        "role": "operations",
        "due_within": "15m",
        "branch": "Provider",
        "right": "incidents.run_incident",
        "needs_second_person": "on",
        "evidence": "Case number",
        "after": "cut",
        "chosen": "yes",
        "fact_1": "sites",
        "value_1": "3",
        "text_id": "Hubungi penyedia",
    }

    assert client.post(edit_url(draft, "?what=add&phase=1"), typed).status_code == 302

    step = plan_of(PlaybookVersion.objects.get(pk=draft.pk)).steps[-1]
    assert step.due_within == timedelta(minutes=15)
    assert step.condition == {
        "step": "cut", "chosen": "yes", "facts": [{"fact": "sites", "value": "3"}]
    }  # fmt: skip
    assert (step.branch, step.evidence, step.right) == (
        "Provider", "Case number", "incidents.run_incident"
    )  # fmt: skip
    assert b"Call the provider" in client.get(edit_url(draft)).content


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(client, draft):
    key = "read-the-alert"
    stale = client.get(edit_url(draft, f"?what=step&key={key}")).context["page"].seen
    arrange = reverse("incidents:playbook_arrange", args=[draft.playbook.code])
    client.post(arrange, {"do": "down", "key": key})

    answer = client.post(
        edit_url(draft, f"?what=step&key={key}"), {"text": "Mine", "phase": "0", "seen": stale}
    )

    assert answer.status_code == 422
    assert b"Somebody else changed this draft" in answer.content
    assert b"Mine" in answer.content
    again = {"text": "Mine", "phase": "0", "seen": answer.context["form"]["seen"].value()}
    assert client.post(edit_url(draft, f"?what=step&key={key}"), again).status_code == 302


def test_the_outline_alone_answers_a_drag(client, draft):
    arrange = reverse("incidents:playbook_arrange", args=[draft.playbook.code])
    values = {"do": "place", "key": "call-the-site", "phase": "1", "place": "0", "part": "outline"}

    answer = client.post(arrange, values, follow=True)

    assert b"data-plan-outline" in answer.content
    assert b"<html" not in answer.content
    fresh = plan_of(PlaybookVersion.objects.get(pk=draft.pk))
    assert keys(fresh) == [["read-the-alert"], ["call-the-site", "cut", "tell"]]


def test_nobody_approves_what_they_wrote(client, author, draft):
    other = make_user(Role.RISK_MANAGER)
    client.post(edit_url(draft, "?what=add&phase=0"), {"text": "New", "phase": "0"})
    client.post(
        reverse("incidents:playbook_submit", args=[draft.playbook.code, draft.number]),
        {"change_note": "New step"},
    )
    draft.refresh_from_db()
    assert draft.submitted_by == author
    assert Notice.objects.filter(person=other, params__version=draft.code).exists()

    with pytest.raises(OwnWorkError, match="somebody else approves"):
        publish_version(version=draft, actor=author, at=NOON)
    page = client.get(reverse("incidents:playbook", args=[draft.playbook.code]) + "?version=2")
    assert b"somebody else approves it" in page.content

    client.force_login(other)
    client.post(reverse("incidents:playbook_publish", args=[draft.playbook.code, draft.number]))
    draft.refresh_from_db()
    assert draft.status == VersionStatus.PUBLISHED


def test_a_draft_that_is_changed_after_it_was_handed_in_waits_no_longer(client, author, draft):
    make_user(Role.RISK_MANAGER)
    submit_draft(version=draft, actor=author, at=NOON)

    client.post(edit_url(draft, "?what=add&phase=0"), {"text": "Late", "phase": "0"})

    draft.refresh_from_db()
    assert draft.submitted_at is None


def test_a_playbook_is_begun_imported_exported_and_compared_on_the_pages(client, author, draft):
    began = client.post(
        reverse("incidents:playbook_add"), {"code": "PB-MINE", "title": "Mine"}, follow=True
    )
    assert began.status_code == 200
    assert Playbook.objects.get(code="PB-MINE").versions.get().phases.count() == 4
    for name in ("md", "json", "cacao.json"):
        url = reverse("incidents:playbook_export", args=[draft.playbook.code, draft.number, name])
        answer = client.get(url)
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
    for name, *args in (
        ("playbook_compare", draft.playbook.code),
        ("playbook_preview", draft.playbook.code, draft.number),
        ("playbook", draft.playbook.code),
        ("playbook_import",),
    ):
        assert client.get(reverse(f"incidents:{name}", args=args)).status_code == 200
