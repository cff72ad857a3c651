"""A step switches to a failover path, and telemetry confirms it or people hear (K4)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from assets.models import FailoverState
from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import Notice, TimelineEntry
from incidents.playbooks.plan import StepPlan
from incidents.services.step_switch import MOST_LOOKS, failover_seen, switch_by_step
from telemetry.models import SyncSession
from tests.make import NOON, make_device, make_user
from tests.make_assets import make_path
from tests.make_incidents import make_incident, make_run, step_of

pytestmark = pytest.mark.django_db
SWITCH = StepPlan(text="Switch over", action={"kind": "failover"})


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


def switched(commander, **fields):
    run = make_run({"A": [SWITCH]}, incident=make_incident(commander=commander, **fields))
    path = make_path()
    switch_by_step(
        step=step_of(run, "Switch over"), path=path, reason="Link is cut", actor=commander, at=NOON
    )
    path.refresh_from_db()
    return run, path


def look(at):
    for deadline in Deadline.objects.waiting().filter(kind="incidents.failover_seen"):
        failover_seen(deadline=deadline, at=at)
        deadline.delete()


def told(run):
    return " | ".join(entry.text for entry in TimelineEntry.objects.filter(incident=run.incident))


def sync_at(site, at):
    device = make_device(site=site)
    SyncSession.objects.create(
        device=device, session_id=uuid4(), stream_name="sales", direction="push",
        started_at=at, ended_at=at, outcome="ok", received_at=at,
    )  # fmt: skip


def test_a_switch_is_on_record_and_telemetry_of_the_other_end_confirms_it(commander):
    run, path = switched(commander)
    assert path.state == FailoverState.ACTIVE
    assert f"Switched to “{path.name}”: Link is cut" in told(run)

    sync_at(path.target, NOON - timedelta(minutes=1))
    look(NOON + timedelta(minutes=1))
    assert "Telemetry confirms" not in told(run)

    sync_at(path.target, NOON + timedelta(minutes=1))
    look(NOON + timedelta(minutes=2))

    assert f"Telemetry confirms “{path.name}”: {path.target.code} sales" in told(run)
    assert not Deadline.objects.waiting().filter(kind="incidents.failover_seen").exists()


def test_a_switch_that_nothing_confirms_is_told_to_the_commander(commander):
    run, path = switched(commander)

    for minute in range(1, MOST_LOOKS + 1):
        look(NOON + timedelta(minutes=minute))

    assert "does not confirm" in told(run)
    texts = [notice.text for notice in Notice.objects.filter(person=commander, kind="info")]
    assert any(path.name in text for text in texts)


def test_an_exercise_switches_nothing(commander):
    run, path = switched(commander, mode="exercise")

    assert path.state == FailoverState.READY
    assert f"EXERCISE: would switch to “{path.name}”" in told(run)


def test_a_path_in_use_or_broken_is_not_switched_to(commander):
    run, path = switched(commander)
    step = step_of(run, "Switch over")

    for refused in (path, make_path(state=FailoverState.DOWN)):
        with pytest.raises(DomainError):
            switch_by_step(step=step, path=refused, reason="Again", actor=commander, at=NOON)


def test_the_step_leads_to_the_paths_that_stand_ready(client, commander):
    run = make_run({"A": [SWITCH]}, incident=make_incident(commander=commander))
    ready, down = make_path(), make_path(state=FailoverState.DOWN)
    client.force_login(commander)
    place = reverse("incidents:step_switch", args=[step_of(run, "Switch over").pk])

    assert (
        place
        in client.get(
            reverse("incidents:detail", args=[run.incident.code]), {"whole": 1}
        ).content.decode()
    )
    page = client.get(place).content.decode()
    client.post(place, {"path": ready.pk, "reason": "Link is cut"})

    assert ready.name in page
    assert down.name not in page
    ready.refresh_from_db()
    assert ready.state == FailoverState.ACTIVE
