"""Makers of incidents with much to tell, for the post-incident report."""

import subprocess
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from bcp_portal.accounts.models import User
from bcp_portal.reports.render import RenderedPdf
from incidents.models import (
    Delivery,
    Escalation,
    EscalationFiring,
    Incident,
    Notice,
    TimelineEntry,
)
from incidents.playbooks.plan import StepPlan
from incidents.services.action_item import assign_action_item
from incidents.services.decision import record_decision
from incidents.services.incident import (
    close_incident,
    contain_incident,
    recover_incident,
    start_response,
)
from incidents.services.review import open_review, save_review, sign_off_review
from incidents.services.run_step import complete_step, skip_step
from incidents.services.timeline import add_note
from incidents.services.update import publish_update
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident, make_run, step_of

MINUTE = timedelta(minutes=1)
_serial = count(1)


def make_told_incident(**fields: object) -> Incident:
    """An incident that began at noon, is 2 h later over, and met one of its two targets.

    A third asset has no target at all.
    """
    quick, slow = make_asset(rto=timedelta(hours=4)), make_asset(rto=timedelta(hours=1))
    usual = {
        "title": "Tills stand still",
        "started_at": NOON,
        "detected_at": NOON + 2 * MINUTE,
        "at": NOON + 3 * MINUTE,
        "sites": [make_site(), make_site()],
        "assets": [quick, slow, make_asset()],
    }
    incident = make_incident(**(usual | fields))
    boss = incident.commander
    incident = start_response(incident=incident, actor=boss, at=NOON + 5 * MINUTE)
    _respond(incident, boss)
    incident = contain_incident(incident=incident, actor=boss, at=NOON + 60 * MINUTE)
    return recover_incident(incident=incident, actor=boss, at=NOON + 120 * MINUTE)


def _respond(incident: Incident, boss: User) -> None:
    late = StepPlan(text="Freeze the source", due_within=5 * MINUTE)
    run = make_run({"Look": ["Read the alert", late, "Ask the provider"]}, incident=incident)
    complete_step(step=step_of(run, "Read the alert"), actor=boss, at=NOON + 6 * MINUTE)
    complete_step(step=step_of(run, "Freeze the source"), actor=boss, at=NOON + 30 * MINUTE)
    skip_step(
        step=step_of(run, "Ask the provider"),
        actor=boss,
        at=NOON + 31 * MINUTE,
        reason="The line was dead",
    )
    record_decision(
        incident=incident,
        question="Close the shops?",
        options=["Yes", "No"],
        chosen="No",
        reason="They can sell offline",
        authority="Head of sales",
        actor=boss,
        at=NOON + 20 * MINUTE,
    )
    add_note(
        incident=incident,
        text="The guard saw smoke",
        actor=boss,
        at=NOON + 50 * MINUTE,
        happened_at=NOON + 40 * MINUTE,
    )
    for minutes in (10, 45):
        publish_update(
            incident=incident,
            audience="users",
            text=f"Word after {minutes} minutes",
            actor=boss,
            at=NOON + minutes * MINUTE,
            next_promised_at=NOON + (minutes + 20) * MINUTE,
        )


def make_reviewed_incident(**fields: object) -> Incident:
    """The same, looked back on, signed and put away."""
    incident = make_told_incident(**fields)
    boss, at = incident.commander, NOON + timedelta(days=2)
    review = open_review(incident=incident, actor=boss, at=at, owner=boss)
    texts = {
        "went_well": "Shops went on selling",
        "went_badly": "Nobody called the provider",
        "lucky": "It was a *quiet* day",
        "root_cause": "Road works cut <b>the fibre</b>",
        "contributing": "",
    }
    save_review(review=review, texts=texts, actor=boss, at=at)
    assign_action_item(
        incident=incident,
        review=review,
        text="Put the number into the playbook",
        owner=boss,
        due_on=(at + timedelta(days=30)).date(),
        actor=boss,
        at=at,
    )
    sign_off_review(review=review, actor=make_user(), at=at + MINUTE)
    return close_incident(
        incident=Incident.objects.get(pk=incident.pk), actor=boss, at=at + 2 * MINUTE
    )


def make_call(incident: Incident, *, person: User, due_at: datetime, late: timedelta) -> Notice:
    """A call that fired late, went out perhaps twice, and was answered."""
    escalation = Escalation.objects.create(
        incident=incident, reason="manual", subject=f"call {next(_serial)}", started_at=due_at
    )
    firing = EscalationFiring.objects.create(
        escalation=escalation,
        epoch=1,
        loop=0,
        level=0,
        due_at=due_at,
        fired_at=due_at + late,
        called=[{"id": person.pk, "name": person.name}],
        unreachable=[{"id": 0, "name": "Lost Larry"}],
    )
    call = Notice.objects.create(
        person=person,
        incident=incident,
        escalation=escalation,
        firing=firing,
        kind="call",
        message="You are needed",
        created_at=firing.fired_at,
        acknowledged_at=firing.fired_at + 3 * MINUTE,
    )
    Delivery.objects.create(
        notice=call,
        channel="mail",
        address="secret-address@example.org",
        position=0,
        status="sent",
        queued_at=firing.fired_at,
        sent_at=firing.fired_at + timedelta(seconds=2),
        possibly_twice=True,
    )
    return call


def make_timeline(incident: Incident, rows: int) -> None:
    """Many entries, ten seconds apart."""
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident,
            kind="note",
            message="Site %(number)s said that the queue is at %(number)s records",
            params={"number": number},
            happened_at=NOON + timedelta(seconds=10 * number),
            recorded_at=NOON + timedelta(seconds=10 * number + number % 3),
        )
        for number in range(rows)
    )


def text_of(paper: RenderedPdf, folder: Path) -> str:
    """What stands on a paper, as another program reads it."""
    file = folder / "paper.pdf"
    file.write_bytes(paper.bytes)
    return subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
