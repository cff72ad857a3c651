"""Lost and damaged devices: reported in two taps, shut out at once, told, timed, settled."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Job
from bcp_portal.engine.schedule import EXHAUSTED, HELD_KINDS, JOBS
from bcp_portal.reports.overviews.registry import find_overview
from bcp_portal.shared.errors import DomainError
from incidents.models import Incident
from incidents.services.triage import sweep_signals
from telemetry.ingest.tokens import TokenBook
from telemetry.models import (
    DeviceLoss,
    LossKind,
    LossOutcome,
    NodeState,
    Sample,
    Signal,
    SignalRule,
)
from telemetry.services.device import enrol_device
from telemetry.services.device_loss import Cleaning, report_loss, settle_loss
from telemetry.services.inspection import inspect_fleet
from telemetry.services.loss_mail import MAIL, note_lost_notice, send_loss_notice
from tests.make import LATER, NOON, make_device, make_site, make_user
from tests.make_incidents import make_version
from tests.make_telemetry import heartbeat, send

pytestmark = pytest.mark.django_db
# A Monday, 10:00 in Jakarta: the shops work from 8 to 17.
MONDAY = datetime(2026, 3, 2, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reported(device, *, kind=LossKind.LOST, noticed_at=None, at=MONDAY, actor=None):
    return report_loss(
        device=device,
        kind=kind,
        noticed_at=noticed_at or at,
        actor=actor or make_user(Role.VIEWER),
        at=at,
    )


@pytest.fixture
def clerk(client):
    """Somebody of a shop who may look and nothing else, signed in on a phone."""
    user = make_user(Role.VIEWER)
    client.force_login(user)
    return user


def test_anybody_of_a_site_reports_a_loss_in_two_taps(client, clerk):
    device = make_device(heard_at=NOON)
    SiteAssignment.objects.create(user=clerk, site=device.site)
    page = client.get(reverse("telemetry:report_lost")).content.decode()
    address = f"{reverse('telemetry:report_lost')}?device={device.pk}"
    assert f'href="{address}"' in page

    form = client.get(address).context["form"]
    answer = client.post(address, {"kind": form["kind"].value(), "noticed_at": "", "reason": ""})

    loss = DeviceLoss.objects.get()
    assert answer.url == reverse("telemetry:loss", args=[loss.pk])
    device.refresh_from_db()
    assert device.revoked_at == loss.reported_at
    assert device.state.node_state == NodeState.LOST
    assert "Reported in time" in client.get(answer.url).content.decode()


def test_the_site_page_leads_to_the_report_of_its_own_devices(client, clerk):
    device, other = make_device(name="till-here"), make_device(name="till-there")
    for one in (device, other):
        SiteAssignment.objects.create(user=clerk, site=one.site)

    site = client.get(reverse("telemetry:site", args=[device.site.code])).content.decode()
    address = f"{reverse('telemetry:report_lost')}?site={device.site.code}"
    choice = client.get(address).content.decode()

    assert f'href="{address}"' in site
    assert "till-here" in choice
    assert "till-there" not in choice


def test_a_device_of_another_site_cannot_be_reported(client, clerk):
    device = make_device()
    address = f"{reverse('telemetry:report_lost')}?device={device.pk}"

    assert client.post(address, {"kind": "lost"}).status_code == 404
    assert client.get(f"{reverse('telemetry:report_lost')}?device=x").status_code == 404
    assert not DeviceLoss.objects.exists()


def test_the_token_opens_nothing_from_the_report_on():
    device, token = enrol_device(site=make_site(), name="till", actor=None, at=NOON)
    assert TokenBook().look_up(token).is_usable

    reported(device)

    assert not TokenBook().look_up(token).is_usable
    send(device, heartbeat(1))
    assert not Sample.objects.exists()
    assert AuditRow.objects.filter(action="device.revoke").exists()
    assert AuditRow.objects.filter(action="device.report_loss").exists()


def test_what_was_reported_already_is_refused_with_a_sentence():
    device = make_device()
    reported(device)

    with pytest.raises(DomainError, match="no longer in service"):
        reported(device)


def test_supervisor_and_it_of_the_site_are_told_once_each(mailoutbox):
    device = make_device()
    boss, technician = make_user(Role.INCIDENT_COMMANDER), make_user(Role.SYNC_TECHNICIAN)
    for person in (boss, technician):
        SiteAssignment.objects.create(user=person, region=device.site.region)
    make_user(Role.SYNC_TECHNICIAN)  # looks after other sites

    loss = reported(device)
    for job in Job.objects.filter(kind=MAIL):
        send_loss_notice(subject_id=job.subject_id, at=MONDAY, again=False)
        send_loss_notice(subject_id=job.subject_id, at=MONDAY, again=True)

    assert {(one.person, one.office) for one in loss.notices.all()} == {
        (boss, "supervisor"),
        (technician, "it"),
    }
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([boss.email, technician.email])
    assert f"/devices/lost/{loss.pk}/" in mailoutbox[0].body
    assert not loss.notices.filter(sent_at=None).exists()


def test_where_nobody_looks_after_a_site_every_commander_is_told():
    boss = make_user(Role.INCIDENT_COMMANDER)

    assert [one.person for one in reported(make_device()).notices.all()] == [boss]


def test_a_notice_that_cannot_leave_stands_on_the_report_and_on_the_trail(client, clerk):
    make_user(Role.INCIDENT_COMMANDER)
    loss = reported(make_device(), actor=clerk)
    note_lost_notice(subject_id=loss.notices.get().pk, error="no route", at=LATER)

    page = client.get(reverse("telemetry:loss", args=[loss.pk])).content.decode()

    assert "the mail could not be sent" in page
    assert AuditRow.objects.filter(action="device.loss_mail_lost").exists()


def test_a_restored_portal_does_not_send_the_notice_before_it_is_let():
    assert MAIL in HELD_KINDS
    assert MAIL in JOBS
    assert MAIL in EXHAUSTED


def test_a_report_opens_an_incident_with_the_playbook_of_a_lost_device():
    version = make_version(kinds=(), rules=(SignalRule.DEVICE_MISSING.value,))
    reported(make_device(heard_at=NOON))

    sweep_signals(at=MONDAY)

    assert Incident.objects.get().suggested_playbook == version.playbook


def test_the_conclusion_stands_until_the_report_is_settled():
    loss = reported(make_device(heard_at=NOON))
    inspect_fleet(at=MONDAY + HOUR)
    signal = Signal.objects.open().get(rule=SignalRule.DEVICE_MISSING)
    assert signal.version == 1

    settle_loss(
        loss=loss,
        outcome=LossOutcome.FOUND,
        actor=make_user(Role.SYNC_TECHNICIAN),
        at=MONDAY + HOUR,
    )
    inspect_fleet(at=MONDAY + 2 * HOUR)

    assert not Signal.objects.open().filter(rule=SignalRule.DEVICE_MISSING).exists()


def test_only_working_hours_of_the_site_count_and_the_sums_are_shown(client, clerk):
    site = make_site(time_zone="Asia/Jakarta")
    # Noticed on Saturday at 16:00; reported on Monday at 08:30: an hour and a half of work.
    noticed = MONDAY - timedelta(days=1, hours=18)
    loss = reported(make_device(site=site), noticed_at=noticed, at=MONDAY - 1.5 * HOUR, actor=clerk)
    page = client.get(reverse("telemetry:loss", args=[loss.pk])).content.decode()

    assert loss.worked_h == pytest.approx(1.5)
    assert not loss.is_late
    assert "1 h 30 min" in page
    assert "08:00–17:00" in page


def test_a_late_report_is_a_finding_on_its_page_and_in_the_compliance_of_devices(client, clerk):
    site = make_site(time_zone="Asia/Jakarta")
    loss = reported(
        make_device(site=site, name="tablet"),
        noticed_at=MONDAY,
        at=MONDAY + 2.5 * HOUR,
        actor=clerk,
    )
    page = client.get(reverse("telemetry:loss", args=[loss.pk])).content.decode()
    auditor = make_user(Role.AUDITOR)
    picture = find_overview("device_compliance", auditor).gather(auditor, loss.reported_at)

    assert loss.is_late
    assert "Finding: reported late" in page
    assert "0 h 30 min" in page
    assert [row[1] for row in picture.parts[1].rows] == ["tablet"]


def test_noticing_cannot_lie_in_the_future():
    with pytest.raises(DomainError, match="later than now"):
        reported(make_device(), noticed_at=MONDAY + HOUR)


def test_a_health_device_goes_to_repair_only_with_its_record_of_decontamination():
    device = make_device(site=make_site(sector="health"))
    loss = reported(device, kind=LossKind.DAMAGED)
    technician = make_user(Role.SYNC_TECHNICIAN)
    repair = {"outcome": LossOutcome.REPAIR, "actor": technician, "at": MONDAY + HOUR}

    for missing in (None, Cleaning("Sari", MONDAY, ""), Cleaning("Sari", None, "wiped")):
        with pytest.raises(DomainError, match="who decontaminated it, when and how"):
            settle_loss(loss=loss, cleaning=missing, **repair)
    settled = settle_loss(loss=loss, cleaning=Cleaning("Sari", MONDAY, "wiped, 70 %"), **repair)

    assert settled.outcome == LossOutcome.REPAIR
    row = AuditRow.objects.get(action="device.settle_loss")
    assert "wiped, 70 %" in str(row.after)


def test_elsewhere_a_damaged_device_goes_to_repair_as_it_is(client):
    device = make_device(heard_at=NOON, site=make_site(sector="retail"))
    loss = reported(device, kind=LossKind.DAMAGED)
    technician = make_user(Role.SYNC_TECHNICIAN)
    SiteAssignment.objects.create(user=technician, site=device.site)
    client.force_login(technician)

    client.post(reverse("telemetry:loss_settle", args=[loss.pk]), {"outcome": "repair"})

    loss.refresh_from_db()
    assert loss.outcome == LossOutcome.REPAIR
    assert "Sent to repair" in client.get(reverse("telemetry:losses")).content.decode()
    device.state.refresh_from_db()
    assert device.state.node_state == NodeState.MAINTENANCE


def test_the_refusal_of_a_repair_is_a_sentence_on_the_form(client):
    device = make_device(site=make_site(sector="health"))
    loss = reported(device, kind=LossKind.DAMAGED)
    technician = make_user(Role.SYNC_TECHNICIAN)
    SiteAssignment.objects.create(user=technician, site=device.site)
    client.force_login(technician)

    answer = client.post(
        reverse("telemetry:loss_settle", args=[loss.pk]), {"outcome": "repair", "note": "Cracked"}
    )

    assert answer.status_code == 422
    assert "belongs to a health site" in answer.content.decode()
    assert "Cracked" in answer.content.decode()
