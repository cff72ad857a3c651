"""What auditors take away can be checked on any machine that has Python, and nothing of ours."""

import io
import json
import subprocess
import sys
import zipfile

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from tests.make import make_user
from tests.make_audit import make_trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(client):
    make_trail(checkpoints=2, rows_each=3)
    client.force_login(make_user(Role.AUDITOR, first_name="Putri"))
    response = client.post(reverse("audit:export"))
    return b"".join(response.streaming_content)


def verify(folder, *arguments: str) -> subprocess.CompletedProcess:
    """Run the shipped file as a stranger would: isolated, in an empty environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py", *arguments],
        capture_output=True, text=True, check=False, env={}, cwd="/",
    )  # fmt: skip


def unpack(export: bytes, folder):
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        archive.extractall(folder)
    return folder / "siaga-audit-trail"


def test_the_shipped_verifier_calls_an_untouched_export_whole(export, tmp_path):
    folder = unpack(export, tmp_path)

    done = verify(folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"OK: {AuditRow.objects.count()} rows")


def test_the_zip_file_itself_can_be_checked(export, tmp_path):
    folder = unpack(export, tmp_path)
    (tmp_path / "export.zip").write_bytes(export)

    assert verify(folder, str(tmp_path / "export.zip")).returncode == 0


def test_one_flipped_byte_is_found_with_its_row(export, tmp_path):
    folder = unpack(export, tmp_path)
    trail = folder / "trail.jsonl"
    trail.write_text(trail.read_text().replace("Reason 2", "Reason 3", 1))

    done = verify(folder)

    assert done.returncode == 1
    assert "BROKEN at row 3: was changed after it was written" in done.stderr


def test_an_export_that_is_older_than_a_witness_is_found(export, tmp_path):
    folder = unpack(export, tmp_path)
    seen = json.loads((folder / "manifest.json").read_text())["checkpoint"].split()

    done = verify(folder, "--witness", f"{int(seen[0]) + 5} {seen[1]}")

    assert done.returncode == 1
    assert "missing" in done.stderr


def test_a_key_that_was_not_expected_is_not_believed(export, tmp_path):
    folder = unpack(export, tmp_path)
    other = "siaga+4aa46a1e+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    done = verify(folder, "--key", other)

    assert done.returncode in (1, 2)
    assert "OK" not in done.stdout


def test_something_else_is_refused_in_a_sentence(tmp_path, export):
    folder = unpack(export, tmp_path)
    (folder / "trail.jsonl").write_text("hello\n")

    done = verify(folder)

    assert done.returncode == 2
    assert "Line 1 is not a row of the trail" in done.stderr


def test_who_took_the_trail_away_is_its_last_row(export):
    last = AuditRow.objects.order_by("-seq").first()

    assert (last.action, last.actor_name, last.reason) == ("audit.export", "Putri", "ZIP")
