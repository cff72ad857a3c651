"""A report carries the organisation's signature, or says why it has none; it is never withheld."""

import hashlib
import subprocess

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from bcp_portal import diagnosis
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports import registry
from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.registry import BuiltReport, register_report
from bcp_portal.reports.services.report_file import render_report, request_report
from tests.make import LATER, NOON, make_user
from tests.make_signing_key import COMMON_NAME, DAY, make_signing_key

pytestmark = pytest.mark.django_db
PASSWORD = "a password of this test"


def build_note(*, subject_id, language, at) -> BuiltReport:
    html = f"<html lang='{language}'><title>Note</title><p>Subject {subject_id} at {at:%H:%M}"
    return BuiltReport(html, {}, {"subject": subject_id})


@pytest.fixture(autouse=True)
def _store(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(registry, "_kinds", {})
    register_report("note", build_note, label="Note")


@pytest.fixture
def key(settings, tmp_path):
    """The settings name a key that can sign."""
    return use_key(settings, tmp_path)


def use_key(settings, folder, **spans):
    password = folder / "password"
    password.write_text(f"{PASSWORD}\n")
    settings.REPORT_KEY = str(make_signing_key(folder, password=PASSWORD, **spans))
    settings.REPORT_KEY_PASSWORD_FILE = str(password)
    return password


def made(**changes) -> ReportFile:
    actor = make_user(Role.AUDITOR)
    report = request_report(
        kind="note", title="A note", subject_kind="incident", subject_id=14,
        subject_code="INC-14", language="en", actor=actor, at=NOON,
    )  # fmt: skip
    render_report(subject_id=report.pk, at=LATER)
    report.refresh_from_db()
    return report


def what_a_reader_says(paper: bytes, folder) -> str:
    """What a program that is not ours says of the signatures in a file."""
    file = folder / "paper.pdf"
    file.write_bytes(paper)
    return subprocess.run(
        ["pdfsig", str(file)], check=False, capture_output=True, text=True
    ).stdout  # fmt: skip


def bytes_of(report: ReportFile) -> bytes:
    return default_storage.open(report.path).read()


def page_of(client, report) -> str:
    client.force_login(report.requested_by)
    return client.get(reverse("reports:detail", args=[report.uid])).text


def test_a_signed_report_is_found_valid_and_whole_by_a_reader_that_is_not_ours(key, tmp_path):
    report = made()

    said = what_a_reader_says(bytes_of(report), tmp_path)

    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert f"Common Name: {COMMON_NAME}" in said
    assert COMMON_NAME in report.signed_by


def test_one_changed_byte_breaks_the_signature(key, tmp_path):
    paper = bytearray(bytes_of(made()))
    paper[200] ^= 1

    assert "Signature is Valid" not in what_a_reader_says(bytes(paper), tmp_path)


def test_the_hash_on_the_audit_trail_is_that_of_the_signed_file_and_names_who_signed(key):
    report = made()

    row = AuditRow.objects.get(action="report.finish", object_id=report.pk)
    assert report.sha256 == hashlib.sha256(bytes_of(report)).hexdigest()
    assert row.after["sha256"] == report.sha256
    assert COMMON_NAME in row.after["signed_by"]


def test_a_signature_leaves_what_was_rendered_as_it_is(key, settings, tmp_path):
    signed = made()
    settings.REPORT_KEY = ""
    bare = made()

    assert bytes_of(signed).startswith(bytes_of(bare))
    assert signed.content_json_sha256 == bare.content_json_sha256
    assert (bare.signed_by, bare.unsigned_why) == ("", "")


def test_the_facts_are_still_inside(key, tmp_path):
    report = made()
    facts = tmp_path / "report.json"

    subprocess.run(
        ["pdfdetach", "-save", "1", "-o", str(facts), default_storage.path(report.path)], check=True
    )

    assert hashlib.sha256(facts.read_bytes()).hexdigest() == report.content_json_sha256


def test_the_page_says_who_signed_and_how_to_check_it(client, key):
    page = page_of(client, made())

    assert COMMON_NAME in page
    assert "pdfsig INC-14-note" in page


@pytest.mark.parametrize("fault", ["no file", "wrong password", "no password", "run out", "early"])
def test_a_key_that_fails_withholds_no_report_and_the_page_says_why(
    client, settings, tmp_path, fault
):
    spans = {
        "run out": {"starts_in": -9 * DAY, "ends_in": -DAY},
        "early": {"starts_in": DAY},
    }.get(fault, {})
    password = use_key(settings, tmp_path, **spans)
    if fault == "no file":
        settings.REPORT_KEY = str(tmp_path / "nowhere.p12")
    elif fault == "wrong password":
        password.write_text("another")
    elif fault == "no password":
        password.unlink()

    report = made()
    page = page_of(client, report)

    assert report.status == ReportState.READY
    assert report.signed_by == ""
    assert report.unsigned_why
    assert "It carries no signature" in page
    assert "pdfsig" not in page


def doctor_on_the_key() -> diagnosis.Finding:
    findings = diagnosis.diagnose(timezone.now()).findings
    return next(one for one in findings if one.part == "report signature")


def test_the_doctor_knows_whether_reports_are_signed_and_how_long_still(
    settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(diagnosis.celery.control, "ping", lambda **_: [])

    without = doctor_on_the_key()
    use_key(settings, tmp_path, ends_in=60 * DAY)
    lasting = doctor_on_the_key()
    use_key(settings, tmp_path, ends_in=5 * DAY)
    soon_over = doctor_on_the_key()
    settings.REPORT_KEY = str(tmp_path / "nowhere.p12")
    broken = doctor_on_the_key()

    assert (without.state, lasting.state, soon_over.state) == ("absent", "ok", "absent")
    assert COMMON_NAME in lasting.says
    assert broken.state == "broken"
