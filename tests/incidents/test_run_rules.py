"""A run keeps what its plan asks: conditions, defaults, proof, rights, two people (P1, K2)."""

from datetime import timedelta

import pytest

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import Decision, RunStep, StepStatus
from incidents.playbooks.plan import StepPlan
from incidents.services.incident import change_severity
from incidents.services.run_facts import step_or_default_due
from incidents.services.run_right import EvidenceMissingError
from incidents.services.run_step import StepNotOpenError, complete_step, reopen_step, skip_step
from tests.make import NOON, make_user
from tests.make_incidents import make_run, step_of

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=20)
IF_BAD = StepPlan(
    text="Call the board", key="board", condition={"facts": [{"fact": "severity", "value": "2"}]}
)
CUT = StepPlan(
    text="Cut?", key="cut", is_decision=True, options=["yes", "no"], default_option="no",
    due_within=timedelta(minutes=10),
)  # fmt: skip
IF_CUT = StepPlan(text="Tell", key="tell", condition={"step": "cut", "chosen": "yes"})
WHOM = StepPlan(
    text="Tell", key="tell", is_decision=True, options=["done", "late"],
    condition={"step": "cut", "chosen": "yes"},
)  # fmt: skip
AFTER_TELL = StepPlan(text="Note answers", key="n", condition={"step": "tell", "chosen": "done"})


def status(run, text):
    return StepStatus(step_of(run, text).status)


def test_a_step_whose_facts_do_not_hold_is_left_out_and_says_why():
    run = make_run({"A": [IF_BAD, "Go on"]}, severity=3)

    step = step_of(run, "Call the board")

    assert step.status == StepStatus.SKIPPED
    assert step.why_skipped == "Not needed because the severity is only 3"
    assert step.done_by is None


def test_a_step_is_needed_after_all_when_the_incident_is_worse_than_thought():
    run = make_run({"A": [IF_BAD, "Go on"]}, severity=3)

    change_severity(incident=run.incident, severity=1, actor=None, at=LATER)
    assert status(run, "Call the board") == StepStatus.OPEN

    change_severity(incident=run.incident, severity=4, actor=None, at=LATER)
    assert status(run, "Call the board") == StepStatus.SKIPPED


def test_what_nobody_knows_never_leaves_a_step_out():
    unknown = StepPlan(
        text="Freeze", condition={"facts": [{"fact": "pending_records", "value": "5"}]}
    )
    run = make_run({"A": [unknown]})

    assert status(run, "Freeze") == StepStatus.OPEN


def test_a_decision_leaves_out_what_another_choice_needs_and_so_on():
    run = make_run({"A": [CUT, WHOM, AFTER_TELL, "End"]})

    complete_step(step=step_of(run, "Cut?"), actor=run.incident.commander, chosen="no", at=LATER)

    assert "decision “Cut?”: no" in step_of(run, "Tell").why_skipped
    assert "“Tell” was left out" in step_of(run, "Note answers").why_skipped
    reopen_step(step=step_of(run, "Cut?"), actor=run.incident.commander, at=LATER)
    assert status(run, "Tell") == status(run, "Note answers") == StepStatus.OPEN


def test_the_default_holds_when_nobody_decided_in_time():
    run = make_run({"A": [CUT, IF_CUT, "End"]})
    deadline = Deadline.objects.get(kind="incidents.step_due")

    step_or_default_due(deadline=deadline, at=LATER)

    decision = Decision.objects.get(incident=run.incident)
    assert (decision.chosen, decision.decided_by) == ("no", None)
    assert "Nobody decided in time" in decision.reason
    assert decision.picture["severity"] == run.incident.severity
    assert status(run, "Tell") == StepStatus.SKIPPED


def test_a_step_that_asks_for_proof_is_not_ticked_without_words():
    run = make_run({"A": [StepPlan(text="Call", evidence="Case number"), "End"]})
    step, actor = step_of(run, "Call"), run.incident.commander

    with pytest.raises(EvidenceMissingError, match="Case number"):
        complete_step(step=step, actor=actor, at=LATER)
    complete_step(step=step, actor=actor, at=LATER, note="Case 4711")

    assert status(run, "Call") == StepStatus.DONE


def test_a_step_is_ticked_only_by_whoever_has_the_right_that_the_plan_names():
    run = make_run({"A": [StepPlan(text="Cut", right="incidents.run_incident"), "End"]})
    hand, boss = make_user(Role.RESPONDER), make_user(Role.INCIDENT_COMMANDER)

    with pytest.raises(NotAllowedError, match="May command an incident"):
        complete_step(step=step_of(run, "Cut"), actor=hand, at=LATER)
    complete_step(step=step_of(run, "Cut"), actor=boss, at=LATER)

    assert status(run, "Cut") == StepStatus.DONE


def test_of_two_people_the_one_who_confirms_needs_the_right():
    plan = StepPlan(text="Wipe", right="incidents.run_incident", needs_second_person=True)
    run = make_run({"A": [plan, "End"]})
    hand, other = make_user(Role.RESPONDER), make_user(Role.RESPONDER)
    complete_step(step=step_of(run, "Wipe"), actor=hand, at=LATER)

    with pytest.raises(NotAllowedError):
        complete_step(step=step_of(run, "Wipe"), actor=other, at=LATER)
    assert status(run, "Wipe") == StepStatus.WAITING


def test_a_step_that_waits_for_another_opens_when_that_one_is_settled():
    second = StepPlan(text="Second", condition={"step": "first"})
    run = make_run({"A": [StepPlan(text="First", key="first"), second]})
    actor = run.incident.commander

    with pytest.raises(StepNotOpenError, match="waits for the step"):
        complete_step(step=step_of(run, "Second"), actor=actor, at=LATER)
    skip_step(step=step_of(run, "First"), actor=actor, at=LATER, reason="no time")
    complete_step(step=step_of(run, "Second"), actor=actor, at=LATER)

    assert not RunStep.objects.pending().filter(phase__run=run).exists()
