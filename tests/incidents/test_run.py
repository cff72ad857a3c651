"""Runs: the plan is copied, ticked in order, and never changed by a later edit."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from bcp_portal.engine.models import Deadline
from incidents.models import (
    Decision,
    Escalation,
    EscalationReason,
    Notice,
    PlaybookRun,
    RunPhase,
    RunStatus,
    RunStep,
    StepStatus,
    TimelineEntry,
    VersionStatus,
)
from incidents.playbooks.plan import StepPlan
from incidents.services.playbook import (
    PlaybookFixedError,
    PlaybookNotSoundError,
    draft_playbook,
    publish_version,
    rewrite_draft,
)
from incidents.services.run import (
    RunStandsError,
    RunUnfinishedError,
    VersionNotUsableError,
    abandon_run,
    finish_run,
    start_run,
)
from incidents.services.run_phase import phase_due, step_due
from incidents.services.run_step import (
    SecondPersonError,
    StepNotOpenError,
    complete_step,
    reopen_step,
    skip_step,
)
from tests.make import LATER, NOON, make_user
from tests.make_incidents import (
    make_incident,
    make_plan,
    make_policy,
    make_run,
    make_version,
    step_of,
)

pytestmark = pytest.mark.django_db

TWO_PHASES = {"Isolate": ["Unplug", "Lock the door"], "Restore": ["Plug in"]}
DECISION = StepPlan(
    text="Cut the service?", key="cut", is_decision=True, options=["yes", "no"], authority="CIO"
)
IF_CUT = StepPlan(text="Tell partners", condition={"step": "cut", "chosen": "yes"})


def tick(run, text, at=NOON, **fields):
    actor = fields.pop("actor", None) or make_user()
    return complete_step(step=step_of(run, text), actor=actor, at=at, **fields)


def test_a_run_copies_the_plan_and_a_later_edit_changes_nothing():
    version = make_version(TWO_PHASES)
    run = start_run(incident=make_incident(), version=version, actor=None, at=NOON)

    edited = draft_playbook(
        plan=make_plan({"Isolate": ["Do nothing"]}, code=version.playbook.code),
        actor=None,
        at=LATER,
    )
    publish_version(version=edited, actor=None, at=LATER)

    texts = RunStep.objects.filter(phase__run=run).order_by("pk").values_list("text", flat=True)
    assert list(texts) == ["Unplug", "Lock the door", "Plug in"]
    assert run.digest == version.digest != edited.digest


def test_the_timeline_names_steps_in_the_language_of_its_reader():
    run = start_run(incident=make_incident(), version=make_version(TWO_PHASES), actor=None, at=NOON)
    RunStep.objects.filter(phase__run=run, text="Unplug").update(
        translations={"id": {"text": "Cabut"}}
    )
    tick(run, "Unplug")
    tick(run, "Lock the door")
    done = list(run.incident.timeline.filter(message__contains="%(step)s").order_by("pk"))
    with override("id"):
        indonesian = [entry.text for entry in done]
    with override("en"):
        english = [entry.text for entry in done]

    assert [words.split(": ")[-1] for words in english] == ["Unplug", "Lock the door"]
    assert [words.split(": ")[-1] for words in indonesian] == ["Cabut", "Lock the door"]


def test_a_published_version_cannot_be_rewritten():
    version = make_version(TWO_PHASES)

    with pytest.raises(PlaybookFixedError):
        rewrite_draft(version=version, plan=make_plan({"A": ["b"]}), actor=None, at=LATER)


def test_publishing_a_version_withdraws_the_one_before():
    first = make_version({"A": ["b"]})

    make_version({"A": ["c"]}, code=first.playbook.code)

    first.refresh_from_db()
    assert first.status == VersionStatus.WITHDRAWN


def test_the_same_content_again_makes_no_new_version():
    version = make_version({"A": ["b"]}, code="PB-X", title="T")

    again = draft_playbook(
        plan=make_plan({"A": ["b"]}, code="PB-X", title="T"), actor=None, at=LATER
    )

    assert again == version


def test_a_draft_cannot_be_run():
    draft = draft_playbook(plan=make_plan({"A": ["b"]}), actor=None, at=NOON)

    with pytest.raises(VersionNotUsableError):
        start_run(incident=make_incident(), version=draft, actor=None, at=NOON)


def test_the_same_plan_is_not_started_twice_in_one_incident():
    run = make_run()

    with pytest.raises(RunStandsError):
        start_run(incident=run.incident, version=run.version, actor=None, at=NOON)


def test_an_unfinished_step_keeps_a_version_from_being_published():
    plan = make_plan({"A": [StepPlan(text="Call them", unfinished="no number is given")]})
    draft = draft_playbook(plan=plan, actor=None, at=NOON)

    with pytest.raises(PlaybookNotSoundError, match="no number is given"):
        publish_version(version=draft, actor=None, at=NOON)


def test_a_plan_that_calls_later_than_its_rto_is_not_published():
    policy = make_policy([make_user()], [make_user()])
    plan = make_plan({"A": ["b"]}, policy=policy.name, rto=timedelta(minutes=15))
    draft = draft_playbook(plan=plan, actor=None, at=NOON)

    with pytest.raises(PlaybookNotSoundError, match="longer than the RTO"):
        publish_version(version=draft, actor=None, at=NOON)


def test_a_plan_whose_people_cannot_be_reached_is_not_published():
    person = make_user()
    policy = make_policy([person])
    person.contact_methods.update(is_active=False)
    draft = draft_playbook(plan=make_plan({"A": ["b"]}, policy=policy.name), actor=None, at=NOON)

    with pytest.raises(PlaybookNotSoundError, match="Nobody on any level"):
        publish_version(version=draft, actor=None, at=NOON)


def test_the_last_step_of_a_phase_opens_the_next_one():
    run = make_run(TWO_PHASES)

    tick(run, "Unplug")
    assert RunPhase.objects.get(name="Restore").started_at is None
    tick(run, "Lock the door", at=LATER)

    assert RunPhase.objects.get(name="Restore").started_at == LATER


def test_the_last_step_of_all_finishes_the_run():
    run = make_run({"A": ["b"]})

    tick(run, "b", at=LATER)

    run.refresh_from_db()
    assert (run.status, run.finished_at) == (RunStatus.FINISHED, LATER)


def test_a_step_of_a_later_phase_cannot_be_ticked():
    run = make_run(TWO_PHASES)

    with pytest.raises(StepNotOpenError):
        tick(run, "Plug in")


def test_a_step_is_ticked_once():
    run = make_run(TWO_PHASES)
    tick(run, "Unplug")

    with pytest.raises(StepNotOpenError):
        tick(run, "Unplug")


def test_a_step_is_skipped_only_with_a_reason():
    run = make_run({"A": ["b"]})

    with pytest.raises(Exception, match="Say why"):
        skip_step(step=step_of(run, "b"), actor=make_user(), at=NOON, reason=" ")


def test_a_step_for_two_people_waits_for_the_second():
    run = make_run({"A": [StepPlan(text="Wipe", needs_second_person=True)]})
    first, second = make_user(), make_user()

    assert tick(run, "Wipe", actor=first).status == StepStatus.WAITING
    with pytest.raises(SecondPersonError):
        tick(run, "Wipe", actor=first)

    assert tick(run, "Wipe", actor=second).status == StepStatus.DONE


def test_a_decision_is_kept_with_what_was_known():
    run = make_run({"A": [DECISION, IF_CUT]})

    tick(run, "Cut the service?", chosen="yes", note="no other way")

    decision = Decision.objects.get()
    assert (decision.chosen, decision.authority) == ("yes", "CIO")
    assert decision.picture["status"] == "declared"


def test_what_a_decision_rules_out_is_skipped_by_itself():
    run = make_run({"A": [DECISION, IF_CUT]})

    tick(run, "Cut the service?", chosen="no")

    run.refresh_from_db()
    assert step_of(run, "Tell partners").status == StepStatus.SKIPPED
    assert run.status == RunStatus.FINISHED


def test_a_step_waits_for_the_decision_it_depends_on():
    run = make_run({"A": [DECISION, IF_CUT]})

    with pytest.raises(StepNotOpenError, match="waits for the decision"):
        tick(run, "Tell partners")


def test_a_choice_must_be_one_of_the_options():
    run = make_run({"A": [DECISION]})

    with pytest.raises(StepNotOpenError, match="Choose one of"):
        tick(run, "Cut the service?", chosen="perhaps")


def test_reopening_a_decision_opens_what_followed_from_it():
    run = make_run({"A": [DECISION, IF_CUT]})
    tick(run, "Cut the service?", chosen="no")

    reopen_step(step=step_of(run, "Cut the service?"), actor=make_user(), at=LATER)

    run.refresh_from_db()
    assert step_of(run, "Tell partners").status == StepStatus.OPEN
    assert run.status == RunStatus.RUNNING


def test_a_slow_phase_calls_people_once():
    run = make_run_with_clock()
    deadline = Deadline.objects.get(kind="incidents.phase_due")

    phase_due(deadline=deadline, at=LATER)
    phase_due(deadline=deadline, at=LATER)

    assert Escalation.objects.get().reason == EscalationReason.PHASE
    assert TimelineEntry.objects.filter(message__contains="taking too long").count() == 1
    assert run.phases.get().escalated_at == LATER


def test_a_finished_phase_calls_nobody():
    run = make_run_with_clock()
    deadline = Deadline.objects.get(kind="incidents.phase_due")
    tick(run, "b")

    phase_due(deadline=deadline, at=LATER)

    assert not Escalation.objects.exists()


def make_run_with_clock():
    make_policy([make_user()])
    version = make_version({"A": ["b"]}, escalates_after=timedelta(minutes=20))
    return start_run(incident=make_incident(), version=version, actor=None, at=NOON)


def test_an_overdue_step_is_told_to_the_commander():
    run = make_run({"A": [StepPlan(text="b", due_within=timedelta(minutes=5))]})
    deadline = Deadline.objects.get(kind="incidents.step_due")

    step_due(deadline=deadline, at=LATER)

    assert Notice.objects.filter(message__contains="overdue").get().person == run.incident.commander


def test_a_run_with_open_steps_cannot_be_finished():
    with pytest.raises(RunUnfinishedError):
        finish_run(run=make_run(), actor=make_user(), at=NOON)


def test_giving_up_a_run_takes_its_deadlines_back():
    run = make_run_with_clock()

    abandon_run(run=run, actor=make_user(), at=NOON, reason="another plan fits better")

    assert not Deadline.objects.waiting().filter(kind="incidents.phase_due").exists()


def test_an_exercise_runs_as_an_exercise():
    run = make_run(mode="exercise")

    assert PlaybookRun.objects.get(pk=run.pk).mode == "exercise"
