"""What a step orders: a button with the facts filled in, and what begins by itself (P1, K1, P4)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import (
    IncidentKind,
    Notice,
    RoleName,
    StepStatus,
    TimelineEntry,
    UpdateDraft,
)
from incidents.playbooks.lint import plan_problems
from incidents.playbooks.plan import StepPlan
from incidents.services.extent import add_sites
from incidents.services.role import assign_role
from incidents.services.run_step import complete_step
from incidents.services.step_action import step_action_due
from incidents.services.update_draft import approve_draft
from incidents.services.verdict import amend_verdict
from telemetry.models import Order, OrderStatus
from tests.make import NOON, make_site, make_user
from tests.make_incidents import make_incident, make_plan, make_run, step_of

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


def act(run, at=LATER):
    """What the engine does with the promises that were made."""
    for deadline in Deadline.objects.waiting().filter(kind="incidents.step_action"):
        step_action_due(deadline=deadline, at=at)
        deadline.delete()


def said_on_the_timeline(run):
    return " | ".join(entry.text for entry in TimelineEntry.objects.filter(incident=run.incident))


def test_a_notice_goes_to_whoever_holds_the_role_and_ticks_its_step():
    action = {"kind": "notice", "auto": True, "to": "communications", "text": "Get ready to speak"}
    incident, speaker = make_incident(), make_user()
    assign_role(
        incident=incident, role=RoleName.COMMUNICATIONS, user=speaker,
        actor=incident.commander, at=NOON,
    )  # fmt: skip
    run = make_run({"A": [StepPlan(text="Warn them", action=action), "Go on"]}, incident=incident)

    act(run)
    act(run)

    assert [n.text for n in Notice.objects.filter(person=speaker, kind="info")].count(
        f"{incident.code}: Get ready to speak"
    ) == 1
    assert step_of(run, "Warn them").status == StepStatus.DONE


def test_what_follows_a_step_begins_only_when_that_step_is_settled():
    follower = StepPlan(
        text="Warn them", key="warn", condition={"step": "cut", "chosen": "yes"},
        action={"kind": "notice", "auto": True},
    )  # fmt: skip
    cut = StepPlan(text="Cut?", key="cut", is_decision=True, options=["yes", "no"])
    run = make_run({"A": [cut, follower, "Go on"]})

    act(run)
    assert step_of(run, "Warn them").status == StepStatus.OPEN

    complete_step(step=step_of(run, "Cut?"), actor=run.incident.commander, chosen="yes", at=LATER)
    act(run)
    assert step_of(run, "Warn them").status == StepStatus.DONE


def test_an_update_is_only_put_forward_and_takes_the_word_of_somebody_who_may_speak():
    action = {"kind": "update", "auto": True, "audience": "users", "text": "We are at it: {code}"}
    run = make_run({"A": [StepPlan(text="Tell the users", action=action)]})

    act(run)

    draft = UpdateDraft.objects.get()
    assert (draft.audience, draft.status) == ("users", "waiting")
    assert step_of(run, "Tell the users").status == StepStatus.OPEN
    with pytest.raises(NotAllowedError):
        approve_draft(draft=draft, actor=make_user(Role.VIEWER), at=LATER)
    commander = make_user(Role.INCIDENT_COMMANDER)
    assert run.incident.code in approve_draft(draft=draft, actor=commander, at=LATER).text


def test_an_order_by_a_playbook_waits_for_a_second_person_and_is_put_forward_once():
    site = make_site()
    commander = make_user(Role.INCIDENT_COMMANDER)
    incident = make_incident(sites=[site], commander=commander)
    action = {"kind": "offline_mode", "auto": True}
    steps = [StepPlan(text="Offline", action=action), StepPlan(text="Again", action=action)]
    run = make_run({"A": steps}, incident=incident)

    act(run)

    order = Order.objects.get()
    assert (order.action, order.status) == ("offline", OrderStatus.REQUESTED)
    assert [target.site for target in order.targets.all()] == [site]
    assert order.requested_by == commander
    assert f"{order.code} orders it already" in said_on_the_timeline(run)


def test_an_exercise_orders_nothing():
    incident = make_incident(sites=[make_site()], mode="exercise")
    step = StepPlan(text="Offline", action={"kind": "offline_mode", "auto": True})
    run = make_run({"A": [step]}, incident=incident)

    act(run)

    assert not Order.objects.exists()
    assert "would be put forward now" in said_on_the_timeline(run)


def test_an_inject_is_left_out_where_it_is_no_exercise():
    step = StepPlan(text="The press calls", action={"kind": "inject", "auto": True})
    run = make_run({"A": [step, "Go on"]})

    act(run)

    assert step_of(run, "The press calls").why_skipped == "Only in an exercise"


def test_a_step_that_asks_for_proof_is_never_ticked_by_the_playbook():
    step = StepPlan(text="Warn them", evidence="who", action={"kind": "notice", "auto": True})
    run = make_run({"A": [step]})

    act(run)

    assert step_of(run, "Warn them").status == StepStatus.OPEN
    assert "Told" in said_on_the_timeline(run)


def test_what_nobody_knows_how_to_order_keeps_a_version_from_being_published():
    unknown = StepPlan(text="Fly", action={"kind": "fly"})
    waves = StepPlan(text="Home", action={"kind": "waves", "auto": True})
    silent = StepPlan(text="Say", action={"kind": "update", "auto": True})

    problems = plan_problems(make_plan({"A": [unknown, waves, silent]}))

    assert len(problems) == 3
    assert "nobody knows" in problems[0]
    assert "never ordered by itself" in problems[1]
    assert "no words" in problems[2]


def test_the_button_of_a_step_brings_sites_incident_and_authority_along():
    site = make_site()
    commander = make_user(Role.INCIDENT_COMMANDER)
    incident = make_incident(sites=[site], commander=commander)
    step = StepPlan(text="Offline", action={"kind": "offline_mode"})
    run = make_run({"A": [step]}, incident=incident)
    client = Client()
    client.force_login(commander)

    page = client.get(
        reverse("incidents:detail", args=[incident.code]), {"whole": 1}
    ).content.decode()

    assert f"action=offline&amp;sites={site.code}&amp;incident_code={incident.code}" in page
    assert f"authority={run.version.code}".replace(" ", "+") in page


def test_a_step_is_weighed_again_when_the_kind_of_incident_changes():
    asks = {"facts": [{"fact": "kind", "value": "network"}]}
    only = StepPlan(text="Call the provider", condition=asks)
    run = make_run({"A": [only, "Go on"]}, kind=IncidentKind.LOCAL)
    assert step_of(run, "Call the provider").status == StepStatus.SKIPPED

    amend_verdict(
        incident=run.incident, kind=IncidentKind.NETWORK, verdict={}, reason="All went dark",
        actor=run.incident.commander, at=LATER,
    )  # fmt: skip

    assert step_of(run, "Call the provider").status == StepStatus.OPEN


def test_a_step_is_weighed_again_when_more_sites_are_hit():
    many = StepPlan(text="Call the region", condition={"facts": [{"fact": "sites", "value": "2"}]})
    run = make_run({"A": [many, "Go on"]}, sites=[make_site()])
    assert step_of(run, "Call the region").status == StepStatus.SKIPPED

    add_sites(incident=run.incident, sites=[make_site()], affected_at=NOON, at=LATER)

    assert step_of(run, "Call the region").status == StepStatus.OPEN
