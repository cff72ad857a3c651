"""Duties to tell: a clock from the moment we became aware until they have been told."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline, DeadlineState
from bcp_portal.engine.services.firing import Batch, fire_batch
from bcp_portal.shared.errors import DomainError
from incidents.models import Notice, ReportingClock, ReportingRule
from incidents.models.reporting import ReportingState
from incidents.reports.builder import build_incident_report
from incidents.services.incident import close_incident, recover_incident, start_response
from incidents.services.reporting import (
    meet_reporting_clock,
    save_reporting_rule,
    start_reporting_clock,
    waive_reporting_clock,
)
from incidents.services.update import publish_update
from incidents.services.verdict import amend_verdict
from tests.make import NOON, make_site, make_user
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
THREE_DAYS = timedelta(days=3)


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def make_rule(**fields):
    defaults = {
        "name": "Breach of personal data", "recipient": "The authority",
        "audience": "regulator", "within": THREE_DAYS, "actor": None, "at": NOON,
    }  # fmt: skip
    return save_reporting_rule(**(defaults | fields))


def start(incident, rule, boss, **fields):
    defaults = {"aware_at": NOON, "reason": "a list of customers was read", "at": NOON}
    return start_reporting_clock(incident=incident, rule=rule, actor=boss, **(defaults | fields))


def fire_until(at):
    moment = NOON
    while moment <= at:
        fire_batch(at=moment, batch=Batch())
        moment += 6 * HOUR


def test_the_time_runs_from_the_moment_we_became_aware(boss):
    clock = start(make_incident(commander=boss), make_rule(), boss, aware_at=NOON - 5 * HOUR)

    assert clock.due_at == NOON - 5 * HOUR + THREE_DAYS
    steps = Deadline.objects.filter(kind="incidents.reporting_warning", subject_id=clock.pk)
    assert sorted(steps.values_list("step", flat=True)) == [50, 75, 90]
    assert AuditRow.objects.get(action="reporting.start").reason == "a list of customers was read"


def test_the_kind_of_an_incident_starts_its_clocks_by_itself(boss):
    rule = make_rule(kinds=["security"])

    declared = make_incident(commander=boss, kind="security")
    other = make_incident(commander=boss, kind="local")
    assert [clock.rule for clock in declared.reporting_clocks.all()] == [rule]
    assert not other.reporting_clocks.exists()

    amend_verdict(
        incident=other, kind="security", verdict={}, reason="a thief", actor=boss, at=NOON + HOUR
    )

    assert other.reporting_clocks.get().aware_at == NOON + HOUR


def test_half_three_quarters_and_nine_tenths_are_told_and_the_end_too(boss):
    start(make_incident(commander=boss), make_rule(), boss)

    fire_until(NOON + THREE_DAYS + 6 * HOUR)

    told = Notice.objects.filter(person=boss, params__has_key="recipient").order_by("pk")
    assert [notice.params.get("percent") for notice in told] == [50, 75, 90, None]


def test_a_sent_update_stops_the_clock_and_takes_back_its_deadlines(boss):
    incident = make_incident(commander=boss)
    clock = start(incident, make_rule(), boss)

    publish_update(incident=incident, audience="users", text="slow", actor=boss, at=NOON + HOUR)
    assert ReportingClock.objects.running().exists()
    publish_update(
        incident=incident, audience="regulator", text="first notice", actor=boss, at=NOON + 2 * HOUR
    )

    clock.refresh_from_db()
    assert clock.state_at(NOON + 9 * THREE_DAYS) == ReportingState.TOLD
    assert clock.update.text == "first notice"
    waiting = Deadline.objects.filter(kind__startswith="incidents.reporting")
    assert set(waiting.values_list("state", flat=True)) == {DeadlineState.CANCELLED}


def test_of_two_duties_to_the_same_audience_a_person_says_which_was_met(boss):
    incident = make_incident(commander=boss)
    first = start(incident, make_rule(), boss)
    start(incident, make_rule(name="Payment outage", recipient="The bank"), boss)

    update = publish_update(
        incident=incident, audience="regulator", text="notice", actor=boss, at=NOON + HOUR
    )
    assert ReportingClock.objects.running().count() == 2
    meet_reporting_clock(clock=first, update=update, actor=boss, at=NOON + 2 * HOUR)

    assert ReportingClock.objects.running().get().name == "Payment outage"
    first.refresh_from_db()
    assert first.told_at == NOON + HOUR


def test_telling_late_is_told_late(boss):
    incident = make_incident(commander=boss)
    clock = start(incident, make_rule(within=HOUR), boss)

    publish_update(
        incident=incident, audience="regulator", text="n", actor=boss, at=NOON + 2 * HOUR
    )

    clock.refresh_from_db()
    assert clock.state_at(NOON) == ReportingState.TOLD_LATE


def test_what_does_not_apply_says_why_and_nothing_else_stops_it(boss):
    clock = start(make_incident(commander=boss), make_rule(), boss)
    with pytest.raises(DomainError):
        waive_reporting_clock(clock=clock, reason=" ", actor=boss, at=NOON)

    waive_reporting_clock(clock=clock, reason="the list was encrypted", actor=boss, at=NOON)

    with pytest.raises(DomainError, match="stopped already"):
        waive_reporting_clock(clock=clock, reason="again", actor=boss, at=NOON)


def test_an_incident_is_not_closed_while_somebody_must_still_be_told(boss):
    incident = make_incident(commander=boss)
    clock = start(incident, make_rule(), boss)
    incident = start_response(incident=incident, actor=boss, at=NOON)
    incident = recover_incident(incident=incident, actor=boss, at=NOON + HOUR)

    with pytest.raises(DomainError, match="The authority"):
        close_incident(incident=incident, actor=boss, at=NOON + HOUR, reason="small")
    waive_reporting_clock(clock=clock, reason="encrypted", actor=boss, at=NOON + HOUR)

    assert close_incident(incident=incident, actor=boss, at=NOON + HOUR, reason="small").closed_at


def test_a_changed_rule_does_not_change_a_clock_that_runs(boss):
    rule = make_rule()
    clock = start(make_incident(commander=boss), rule, boss)

    make_rule(rule=rule, within=HOUR)

    clock.refresh_from_db()
    assert clock.due_at == NOON + THREE_DAYS


def test_duties_are_written_started_and_shown_on_the_pages(client, boss):
    answer = client.post(
        reverse("incidents:reporting_rule_add"),
        {"name": "Breach", "recipient": "The authority", "audience": "regulator", "within": "72h"},
    )
    assert answer.status_code == 302
    rule = ReportingRule.objects.get()
    assert rule.within == THREE_DAYS
    incident = make_incident(commander=boss, sites=[make_site()], at=timezone.now())

    client.post(
        reverse("incidents:reporting_start", args=[incident.code]),
        {"rule": rule.pk, "aware_ago": "2h", "reason": "a phone was stolen"},
    )

    page = client.get(
        reverse("incidents:detail", args=[incident.code]), {"whole": 1}
    ).content.decode()
    assert "The authority" in page
    assert "The authority" in client.get(reverse("dashboard:home")).content.decode()
    assert "Breach" in client.get(reverse("incidents:reporting_rules")).content.decode()


def test_the_clocks_are_in_the_report(boss):
    incident = make_incident(commander=boss)
    start(incident, make_rule(), boss)

    paper = build_incident_report(subject_id=incident.pk, at=NOON + HOUR, language="en")

    assert "The authority" in str(paper)
