"""A report is asked for, made once, kept with its hash, and handed to those who may read it."""

import hashlib
import subprocess

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Job
from bcp_portal.engine.schedule import EXHAUSTED, JOBS
from bcp_portal.reports import registry
from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.registry import BuiltReport, UnknownReportError, register_report
from bcp_portal.reports.render import RendererMissingError, RenderTimeoutError
from bcp_portal.reports.services.report_file import (
    give_up_report,
    render_report,
    request_report,
)
from bcp_portal.shared.lifecycle import IllegalMoveError
from tests.make import LATER, NOON, make_user

pytestmark = pytest.mark.django_db


def build_note(*, subject_id, language, at) -> BuiltReport:
    html = f"<html lang='{language}'><title>Note</title><p>Subject {subject_id} at {at:%H:%M}"
    return BuiltReport(html, {}, {"subject": subject_id, "at": at, "language": language})


@pytest.fixture(autouse=True)
def _store(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(registry, "_kinds", {})
    register_report("note", build_note, label="Note")


def ask_for(actor, **changes) -> ReportFile:
    usual = {
        "kind": "note",
        "title": "A note",
        "subject_kind": "incident",
        "subject_id": 14,
        "subject_code": "INC-14",
        "language": "id",
    }
    return request_report(**(usual | changes), actor=actor, at=NOON)


def made(actor) -> ReportFile:
    report = ask_for(actor)
    render_report(subject_id=report.pk, at=LATER)
    report.refresh_from_db()
    return report


def fail_with(monkeypatch, error: Exception) -> None:
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr("bcp_portal.reports.services.report_file.html_to_pdf", broken)


def test_asking_queues_the_work_with_the_fact():
    report = ask_for(make_user())

    assert report.status == ReportState.QUEUED
    assert Job.objects.get().subject_id == report.pk
    assert Job.objects.get().kind in JOBS
    assert Job.objects.get().kind in EXHAUSTED


def test_a_kind_that_nobody_builds_is_refused():
    with pytest.raises(UnknownReportError):
        ask_for(make_user(), kind="nothing")

    assert not Job.objects.exists()


def test_a_made_report_is_on_file_with_its_hash():
    report = made(make_user())

    paper = default_storage.open(report.path).read()
    assert report.status == ReportState.READY
    assert report.generated_at == LATER
    assert report.sha256 == hashlib.sha256(paper).hexdigest()
    assert (report.size, report.pages) == (len(paper), 1)


def test_the_facts_inside_the_paper_have_the_hash_on_file(tmp_path):
    report = made(make_user())
    facts = tmp_path / "report.json"

    subprocess.run(
        ["pdfdetach", "-save", "1", "-o", str(facts), default_storage.path(report.path)], check=True
    )

    assert hashlib.sha256(facts.read_bytes()).hexdigest() == report.content_json_sha256
    assert b'"subject":14' in facts.read_bytes()


def test_the_paper_shows_the_moment_it_was_asked_for_however_late_it_is_made():
    report = ask_for(make_user())
    moments = []

    def build(*, subject_id, language, at):
        moments.append(at)
        return build_note(subject_id=subject_id, language=language, at=at)

    register_report("note", build)
    render_report(subject_id=report.pk, at=LATER)

    assert moments == [NOON]


def test_a_report_is_made_once_however_often_it_is_tried():
    report = made(make_user())

    render_report(subject_id=report.pk, at=LATER, again=True)

    again = ReportFile.objects.get()
    assert (again.sha256, again.path) == (report.sha256, report.path)
    assert AuditRow.objects.filter(action="report.finish").count() == 1


def test_a_worker_that_died_midway_is_followed_by_another():
    report = ask_for(make_user())
    ReportFile.objects.update(status=ReportState.RENDERING)

    render_report(subject_id=report.pk, at=LATER, again=True)

    assert ReportFile.objects.get().status == ReportState.READY


def test_two_workers_make_it_and_the_first_counts(monkeypatch):
    report = ask_for(make_user())

    def build(*, subject_id, language, at):
        # While we build, another worker takes the same report and finishes it.
        register_report("note", build_note)
        render_report(subject_id=report.pk, at=LATER)
        return build_note(subject_id=subject_id, language=language, at=at)

    register_report("note", build)
    with pytest.raises(IllegalMoveError):
        render_report(subject_id=report.pk, at=LATER)

    assert AuditRow.objects.filter(action="report.finish").count() == 1


def test_a_document_that_cannot_be_rendered_fails_at_once_with_a_reason(monkeypatch):
    fail_with(monkeypatch, RenderTimeoutError("The document took too long."))
    report = made(make_user())

    assert (report.status, report.error) == (ReportState.FAILED, "The document took too long.")


def test_a_missing_renderer_is_tried_again_and_given_up_in_the_end(monkeypatch):
    fail_with(monkeypatch, RendererMissingError("libpango is missing"))
    report = ask_for(make_user())

    with pytest.raises(OSError, match="libpango"):
        render_report(subject_id=report.pk, at=NOON)
    give_up_report(subject_id=report.pk, error="libpango is missing", at=LATER)

    assert ReportFile.objects.get().status == ReportState.FAILED


def test_the_owner_and_readers_of_evidence_take_the_paper_and_it_is_on_the_trail(client):
    owner, auditor = make_user(Role.BUSINESS_OWNER), make_user(Role.AUDITOR)
    report = made(owner)

    for person in (owner, auditor):
        client.force_login(person)
        response = client.get(reverse("reports:download", args=[report.uid]))
        assert hashlib.sha256(response.content).hexdigest() == report.sha256
        assert response["Content-Disposition"].startswith('attachment; filename="INC-14-note-')

    assert AuditRow.objects.filter(action="report.download").count() == 2


def test_a_stranger_finds_no_report(client):
    report = made(make_user(Role.BUSINESS_OWNER))
    client.force_login(make_user(Role.BUSINESS_OWNER))

    assert client.get(reverse("reports:download", args=[report.uid])).status_code == 404
    assert client.get(reverse("reports:detail", args=[report.uid])).status_code == 404
    assert b"INC-14" not in client.get(reverse("reports:list")).content

    client.force_login(make_user(Role.VIEWER))
    assert client.get(reverse("reports:list")).status_code == 403


def test_a_file_that_was_changed_is_not_handed_out(client):
    auditor = make_user(Role.AUDITOR)
    report = made(auditor)
    with open(default_storage.path(report.path), "ab") as file:
        file.write(b" ")
    client.force_login(auditor)

    response = client.get(reverse("reports:download", args=[report.uid]))

    assert response.status_code == 410
    assert "missing" in response.content.decode()


def test_a_report_that_is_not_ready_has_no_file(client):
    auditor = make_user(Role.AUDITOR)
    report = ask_for(auditor)
    client.force_login(auditor)

    assert client.get(reverse("reports:download", args=[report.uid])).status_code == 404
    assert b"every 2s" in client.get(reverse("reports:detail", args=[report.uid])).content


def test_the_pages_show_state_and_hash(client):
    auditor = make_user(Role.AUDITOR)
    report = made(auditor)
    client.force_login(auditor)

    listed = client.get(reverse("reports:list")).content.decode()
    page = client.get(reverse("reports:detail", args=[report.uid])).content.decode()

    assert report.code in listed
    assert report.sha256[:16] in listed
    assert report.sha256 in page
    assert "every 2s" not in page


def test_the_list_costs_the_same_queries_however_long_it_is(client):
    auditor = make_user(Role.AUDITOR)
    client.force_login(auditor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("reports:list"))
        return len(queries)

    ask_for(auditor)
    cost()
    short = cost()
    for _ in range(20):
        ask_for(auditor)

    assert cost() == short
