"""A report comes to a person by itself: made when due, mailed once, and only while they may."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline, DeadlineState, Job
from bcp_portal.engine.schedule import DEADLINES, EXHAUSTED, HELD_KINDS, JOBS
from bcp_portal.reports.models import Carries, ReportDelivery, ReportFile, Rhythm
from bcp_portal.reports.overviews.registry import find_overview
from bcp_portal.reports.services.delivery import (
    DUE,
    DeliveryError,
    delivery_due,
    note_lost,
    order_delivery,
    send_delivery,
)
from bcp_portal.reports.services.report_file import DELIVER_JOB, fail_report, render_report
from incidents.models import Exercise, ExerciseStatus
from tests.make import NOON, make_user
from tests.servers import private_smtp

pytestmark = pytest.mark.django_db
# NOON is a Monday in UTC; the next one begins a week later, early in the reader's day.
MONDAY = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


@pytest.fixture
def boss():
    return make_user(Role.AUDITOR, time_zone="UTC")


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sink(settings):
    with private_smtp() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def ordered(boss, *, rhythm=Rhythm.WEEKLY, carries=Carries.LINK) -> ReportDelivery:
    overview = find_overview("actions_open", boss)
    return order_delivery(overview=overview, rhythm=rhythm, carries=carries, actor=boss, at=NOON)


def come_due(row: ReportDelivery, at: datetime = MONDAY) -> None:
    """Fire what waits, as the engine does."""
    deadline = Deadline.objects.waiting().get(kind=DUE, subject_id=row.pk)
    deadline.state, deadline.fired_at = DeadlineState.FIRED, at
    deadline.save()
    delivery_due(deadline=deadline, at=at)
    row.refresh_from_db()


def made(row: ReportDelivery) -> ReportFile:
    come_due(row)
    render_report(subject_id=row.last_report_id, at=MONDAY)
    row.last_report.refresh_from_db()
    return row.last_report


def sent(row: ReportDelivery) -> None:
    send_delivery(subject_id=row.pk, at=MONDAY, again=False)
    row.refresh_from_db()


def test_the_engine_knows_what_to_do_and_mails_wait_after_a_restore():
    assert DUE in DEADLINES
    assert DELIVER_JOB in JOBS
    assert DELIVER_JOB in EXHAUSTED
    assert DELIVER_JOB in HELD_KINDS


@pytest.mark.parametrize(
    ("rhythm", "zone", "first"),
    [
        (Rhythm.WEEKLY, "Asia/Jakarta", datetime(2026, 3, 8, 23, 30, tzinfo=UTC)),
        (Rhythm.WEEKLY, "UTC", MONDAY),
        (Rhythm.MONTHLY, "UTC", datetime(2026, 4, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_it_comes_early_in_the_working_day_of_its_reader(rhythm, zone, first):
    row = ordered(make_user(Role.AUDITOR, time_zone=zone), rhythm=rhythm)

    assert row.next_at == first
    assert Deadline.objects.waiting().get(kind=DUE).due_at == first


def test_the_mail_carries_a_link_and_the_hash_and_is_on_the_trail(boss, sink):
    row = ordered(boss)
    report = made(row)
    assert Job.objects.filter(kind=DELIVER_JOB, subject_id=row.pk).count() == 1
    sent(row)
    sent(row)

    (mail,) = sink.messages
    text = mail.get_body().get_content()
    assert mail["To"] == boss.email
    assert str(report.uid) in text
    assert report.sha256 in text
    assert not list(mail.iter_attachments())
    assert row.last_sent_at == MONDAY
    trail = AuditRow.objects.get(action="report.delivery_send")
    assert (trail.after["sha256"], trail.after["format"]) == (report.sha256, "link")


def test_the_file_travels_only_while_the_policy_lets_it(boss, sink, settings):
    with pytest.raises(DeliveryError, match="choose a link"):
        ordered(boss, carries=Carries.FILE)
    settings.REPORT_FILES_BY_MAIL = True
    row = ordered(boss, carries=Carries.FILE)
    made(row)
    sent(row)
    ReportDelivery.objects.update(last_sent_at=None)
    settings.REPORT_FILES_BY_MAIL = False
    sent(row)

    first, second = sink.messages
    (file,) = first.iter_attachments()
    assert file.get_content()[:5] == b"%PDF-"
    assert not list(second.iter_attachments())


def test_each_paper_promises_the_next_one(boss):
    row = ordered(boss)
    come_due(row)

    (deadline,) = Deadline.objects.waiting().filter(kind=DUE)
    assert (deadline.epoch, deadline.due_at) == (1, MONDAY + timedelta(days=7))
    assert row.next_at == deadline.due_at


def test_who_lost_the_right_gets_no_more_and_it_ends_by_itself(boss, sink):
    row = ordered(boss)
    made(row)
    boss.groups.clear()
    sent(row)
    other = ordered(second := make_user(Role.AUDITOR, time_zone="UTC"))
    second.is_active = False
    second.save()
    come_due(other)

    assert sink.messages == []
    for one in (row, other):
        assert one.end_reason == "The right to read it has ended"
        assert not Deadline.objects.waiting().filter(kind=DUE, subject_id=one.pk).exists()
    assert ReportFile.objects.filter(requested_by=second).count() == 0
    assert AuditRow.objects.filter(action="report.delivery_end").count() == 2


def test_nothing_is_made_or_mailed_while_people_rehearse(boss, sink):
    row, late = ordered(boss), ordered(second := make_user(Role.AUDITOR, time_zone="UTC"))
    made(row)
    exercise = Exercise.objects.create(
        code="EX-9", title="Drill", kind="tabletop", status=ExerciseStatus.RUNNING, owner=second,
        scheduled_for=NOON, planned_at=NOON, started_at=NOON,
    )  # fmt: skip
    sent(row)
    come_due(late)

    assert sink.messages == []
    assert "EX-9" in row.last_words
    assert late.last_report is None
    assert Deadline.objects.waiting().get(kind=DUE, subject_id=late.pk).due_at > MONDAY
    exercise.status, exercise.ended_at = ExerciseStatus.FINISHED, MONDAY
    exercise.save()
    sent(row)
    assert len(sink.messages) == 1


def test_a_paper_that_cannot_be_made_or_mailed_says_so_and_the_next_one_comes(boss):
    row = ordered(boss)
    come_due(row)
    fail_report(report=row.last_report, error="no paper", at=MONDAY)
    row.refresh_from_db()
    assert row.last_words == "no paper"

    note_lost(subject_id=row.pk, error="refused", at=MONDAY)
    row.refresh_from_db()
    assert "could not be sent" in row.last_words
    assert row.ended_at is None


def test_people_order_change_and_stop_it_on_a_page(client, boss):
    client.force_login(boss)
    add = reverse("reports:delivery_add", args=["sync_audit"])

    assert client.get(add).status_code == 200
    client.post(add, {"rhythm": "weekly", "carries": "link"})
    client.post(add, {"rhythm": "monthly", "carries": "link"})
    row = ReportDelivery.objects.running().get()
    page = client.get(reverse("reports:overviews")).content.decode()
    client.post(reverse("reports:delivery_end", args=[row.pk]))
    row.refresh_from_db()

    assert row.rhythm == Rhythm.MONTHLY
    assert row.next_at > timezone.now()
    assert "Each month, on the first" in page
    assert row.ended_at is not None
    assert not Deadline.objects.waiting().filter(kind=DUE).exists()


def test_nobody_stops_what_comes_to_somebody_else(client, boss):
    row = ordered(boss)
    client.force_login(make_user(Role.AUDITOR))

    assert client.post(reverse("reports:delivery_end", args=[row.pk])).status_code == 404
