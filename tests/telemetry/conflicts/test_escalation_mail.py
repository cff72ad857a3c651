"""A conflict that nobody decided in time: its next owner gets a mail that gives nothing away."""

import pytest

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline, Job
from bcp_portal.engine.schedule import EXHAUSTED, HELD_KINDS, JOBS
from telemetry.models import ConflictState
from telemetry.services.conflict_escalation import conflict_due
from telemetry.services.conflict_mail import MAIL, note_lost_escalation, send_escalation
from tests.make import LATER, make_user
from tests.make_conflicts import make_case, side

pytestmark = pytest.mark.django_db


@pytest.fixture
def escalated():
    """A case that ran out of time and the job that calls its new owner."""
    make_user(Role.SYNC_TECHNICIAN, email="agung@example.org", is_superuser=True)
    case = make_case(side("A", {"price": "secret-7"}), side("B", {"price": 1}), key="sku-secret")
    deadline = Deadline.objects.waiting().get(kind="telemetry.conflict_due")
    conflict_due(deadline=deadline, at=deadline.due_at)
    case.refresh_from_db()
    return case, Job.objects.get(kind=MAIL)


def test_the_next_owner_is_told_by_mail_which_case_and_where_but_no_value(escalated, mailoutbox):
    case, job = escalated
    send_escalation(subject_id=job.subject_id, at=LATER, again=False)

    (mail,) = mailoutbox
    assert mail.to == ["agung@example.org"]
    assert case.code in mail.subject
    assert f"/conflicts/{case.code}/" in mail.body
    assert "secret" not in mail.subject + mail.body


def test_who_has_decided_meanwhile_is_not_called(escalated, mailoutbox):
    case, job = escalated
    type(case).objects.filter(pk=case.pk).update(state=ConflictState.DECIDED)
    send_escalation(subject_id=job.subject_id, at=LATER, again=False)
    assert mailoutbox == []


def test_a_mail_that_cannot_leave_stands_on_the_trail(escalated):
    case, job = escalated
    note_lost_escalation(subject_id=job.subject_id, error="no route", at=LATER)
    assert AuditRow.objects.get(action="conflict.mail_lost").object_code == case.code


def test_a_restored_portal_does_not_send_it_before_two_people_let_it():
    assert MAIL in HELD_KINDS
    assert MAIL in JOBS
    assert MAIL in EXHAUSTED
