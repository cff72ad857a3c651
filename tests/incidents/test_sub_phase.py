"""Eradication is a sub-phase within containment, with its own beginning and end (issue 5, 2)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.lifecycle import IllegalMoveError
from incidents.models import Incident, IncidentStatus, PhaseKind, TimelineEntry
from incidents.models.sub_phase import SUB_PHASES, SubPhase
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.services.incident import contain_incident, recover_incident, start_response
from incidents.services.playbook import draft_playbook, publish_version
from incidents.services.run import start_run
from incidents.services.run_step import complete_step
from incidents.services.sub_phase import begin_eradication, end_eradication
from tests.make import NOON, make_user
from tests.make_incidents import make_incident, step_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


@pytest.fixture
def attack(commander):
    incident = make_incident(commander=commander, kind="security")
    return start_response(incident=incident, actor=commander, at=NOON)


def told(incident):
    return [entry.text for entry in TimelineEntry.objects.filter(incident=incident)]


def test_eradication_begins_and_ends_within_containment(attack, commander):
    contained = contain_incident(incident=attack, actor=commander, at=NOON)
    begun = begin_eradication(incident=contained, actor=commander, at=NOON + HOUR)
    ended = end_eradication(incident=begun, actor=commander, at=NOON + 2 * HOUR)

    assert ended.status == IncidentStatus.CONTAINED
    assert (ended.eradication_at, ended.eradicated_at) == (NOON + HOUR, NOON + 2 * HOUR)
    assert "Eradication began" in told(attack)
    assert "Eradication ended" in told(attack)
    assert AuditRow.objects.filter(action="incident.eradication_begin").exists()


@pytest.mark.parametrize("status", sorted(set(IncidentStatus) - SUB_PHASES[SubPhase.ERADICATION]))
def test_the_table_says_when_eradication_may_begin(commander, status):
    incident = make_incident(commander=commander)
    times = {"recovered_at": NOON} if status in ("recovered", "closed") else {}
    into = {"merged_into": make_incident()} if status == "merged" else {}
    Incident.objects.filter(pk=incident.pk).update(status=status, **times, **into)

    with pytest.raises(IllegalMoveError):
        begin_eradication(incident=incident, actor=commander, at=NOON)


def test_it_does_not_begin_twice_and_does_not_end_before_it_began(attack, commander):
    with pytest.raises(IllegalMoveError):
        end_eradication(incident=attack, actor=commander, at=NOON)
    begin_eradication(incident=attack, actor=commander, at=NOON)
    with pytest.raises(IllegalMoveError):
        begin_eradication(incident=attack, actor=commander, at=NOON)


def test_a_playbook_that_has_such_a_phase_begins_and_ends_it(attack, commander):
    plan = PlaybookPlan(
        code="PB-X", title="X", scenario="", kinds=(), rules=(),
        phases=(
            PhasePlan("containment", "Contain", (StepPlan(text="Cut it off"),)),
            PhasePlan("eradication", "Eradicate", (StepPlan(text="Wipe it"),)),
            PhasePlan("recovery", "Recover", (StepPlan(text="Restore it"),)),
        ),
    )  # fmt: skip
    version = publish_version(
        version=draft_playbook(plan=plan, actor=None, at=NOON), actor=None, at=NOON
    )
    run = start_run(incident=attack, version=version, actor=commander, at=NOON)
    assert run.phases.get(position=2).kind == PhaseKind.ERADICATION

    complete_step(step=step_of(run, "Cut it off"), actor=commander, at=NOON + HOUR)
    attack.refresh_from_db()
    assert (attack.eradication_at, attack.eradicated_at) == (NOON + HOUR, None)

    complete_step(step=step_of(run, "Wipe it"), actor=commander, at=NOON + 2 * HOUR)
    attack.refresh_from_db()
    assert attack.eradicated_at == NOON + 2 * HOUR


def test_the_page_offers_it_shows_it_and_the_report_tells_it(client, attack, commander):
    client.force_login(commander)
    place = reverse("incidents:detail", args=[attack.code])
    assert "Begin eradication" in client.get(place).content.decode()

    client.post(reverse("incidents:eradicate", args=[attack.code]))

    page = client.get(place).content.decode()
    assert "within containment" in page
    assert "Eradicated" in page
    report = client.get(reverse("incidents:report_markdown", args=[attack.code]))
    assert "Eradication began" in report.content.decode()


def test_an_incident_recovers_without_eradication(attack, commander):
    assert recover_incident(incident=attack, actor=commander, at=NOON).eradication_at is None
