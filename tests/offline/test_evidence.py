"""Files kept as evidence: the one that the device named, once, with its SHA-256."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from incidents.models import EvidenceFile, Operation
from incidents.reports.builder import build_incident_report
from incidents.services.evidence_file import MAX_BYTES
from tests.make import LATER, NOON, make_user
from tests.make_incidents import make_run
from tests.offline.telling import make_told, tell

pytestmark = pytest.mark.django_db

PHOTO = b"\xff\xd8 a burnt switch"
SHA = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def budi():
    return make_user(Role.INCIDENT_COMMANDER, first_name="Budi")


@pytest.fixture
def noted(budi):
    run = make_run({"Isolate": ["Unplug"]})
    words = {"text": "The switch", "sha256": SHA, "name": "../switch \u202e.jpg"}
    tell(make_told("evidence", run, at=NOON, **words), run=run, actor=budi, at=LATER)
    return Operation.objects.get(kind="evidence")


def send(client, op_id, content=PHOTO):
    file = SimpleUploadedFile("evidence", content)
    return client.post("/api/v1/offline/evidence/", {"op_id": str(op_id), "file": file})


def test_a_file_is_kept_once_and_handed_out_as_it_came(client, budi, noted):
    client.force_login(budi)

    first, again = send(client, noted.op_id), send(client, noted.op_id)
    file = EvidenceFile.objects.get()
    copy = client.get(reverse("incidents:operation_file", args=[file.pk]))

    assert first.json()["sha256"] == again.json()["sha256"] == file.sha256 == SHA
    assert copy.content == PHOTO
    assert copy["Content-Disposition"].startswith("attachment")
    assert "/" not in file.name
    page = client.get(
        reverse("incidents:detail", args=[noted.incident.code]), {"whole": 1}
    ).content.decode()
    assert "Evidence on file" in page


def test_another_file_than_the_one_named_is_refused(client, budi, noted):
    client.force_login(budi)

    assert send(client, noted.op_id, b"something else").status_code in (400, 409)
    assert send(client, noted.op_id, b"x" * (MAX_BYTES + 1)).status_code in (400, 409)
    assert not EvidenceFile.objects.exists()


def test_only_whoever_noted_the_evidence_brings_its_file(client, noted):
    client.force_login(make_user(Role.INCIDENT_COMMANDER))

    assert send(client, noted.op_id).status_code in (400, 409)
    assert not EvidenceFile.objects.exists()


def test_a_file_that_was_changed_on_the_disk_is_not_handed_out(client, budi, noted, tmp_path):
    client.force_login(budi)
    send(client, noted.op_id)
    file = EvidenceFile.objects.get()
    (tmp_path / file.path).write_bytes(b"changed")

    assert client.get(reverse("incidents:operation_file", args=[file.pk])).status_code == 410


def test_the_annex_names_the_file_by_its_digest(noted):
    report = build_incident_report(subject_id=noted.incident_id, language="en", at=LATER)

    assert f"SHA-256 {SHA[:16]}" in report.html
