"""Backup and restore by their real commands, on the store of this run."""

import os
import secrets
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings

from tests.template import copy_template_file, own_database

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A portal of its own with one administrator, as a function that runs its commands."""
    folder = tmp_path_factory.mktemp("portal")
    environment = os.environ | {
        "SIAGA_DATA_DIR": str(folder),
        "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    def start() -> None:
        for words in (["migrate"], ["sync_roles"], ["create_administrator"]):
            assert (result := manage(*words)).returncode == 0, result.stderr
        (folder / "media").mkdir()
        (folder / "media" / "report.pdf").write_text("%PDF")

    manage.folder = folder
    if settings.DATABASE_URL:
        with own_database("copied") as environment["DATABASE_URL"]:
            start()
            yield manage
    else:
        copy_template_file(folder)
        start()
        yield manage


def ask(portal, question: str) -> str:
    result = portal("shell", "--no-imports", "--command", question)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


HELD = """
from bcp_portal.engine.models import CallHold
print(CallHold.objects.filter(released_at=None).count())
"""
PEOPLE = """
from bcp_portal.accounts.models import User
print(User.objects.get().username)
"""
RENAME = """
from bcp_portal.accounts.models import User
User.objects.update(username="somebody else")
"""


@pytest.fixture(scope="module")
def archive(portal, tmp_path_factory):
    path = tmp_path_factory.mktemp("backup") / "siaga.tar.gz"
    result = portal("backup", "--out", str(path))
    assert result.returncode == 0, result.stderr
    return path


def test_a_restored_backup_has_everything_and_calls_nobody(portal, archive):
    assert archive.stat().st_mode & 0o777 == 0o600
    ask(portal, RENAME)
    (portal.folder / "media" / "report.pdf").unlink()

    restored = portal("restore", str(archive), "--replace")

    assert restored.returncode == 0, restored.stderr
    assert "calls nobody" in restored.stdout
    assert ask(portal, PEOPLE) == "admin"
    assert ask(portal, HELD) == "1"
    assert (portal.folder / "media" / "report.pdf").read_text() == "%PDF"


def test_a_database_with_people_in_it_is_not_overwritten_unasked(portal, archive):
    result = portal("restore", str(archive))

    assert result.returncode == 1
    assert "Add --replace" in result.stderr


def test_a_damaged_archive_changes_nothing(portal, archive, tmp_path):
    damaged = tmp_path / "damaged.tar.gz"
    with tarfile.open(archive) as source:
        source.extractall(tmp_path / "open")
    (tmp_path / "open" / "media" / "report.pdf").write_text("%PDX")
    with tarfile.open(damaged, "w:gz") as target:
        for path in sorted((tmp_path / "open").rglob("*")):
            target.add(path, path.relative_to(tmp_path / "open").as_posix(), recursive=False)

    result = portal("restore", str(damaged), "--replace")

    assert result.returncode == 1
    assert "damaged; nothing was changed" in result.stderr
    assert ask(portal, PEOPLE) == "admin"


def test_a_file_that_is_no_backup_is_refused(portal, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("dear all")

    result = portal("restore", str(letter), "--replace")

    assert result.returncode == 1
    assert "is not a backup of Siaga" in result.stderr


LEDGER = """
from assets.models import Achievement
for one in Achievement.objects.order_by("measure"):
    print(one.asset.code, one.measure, one.source_kind, one.achieved.total_seconds() > 0)
"""


def test_a_drill_restores_into_quarantine_and_files_rto_and_rpo_in_the_ledger(portal, archive):
    held = ask(portal, HELD)

    drill = portal("drill", "restore", "--file", str(archive))

    assert drill.returncode == 0, drill.stderr
    assert "each as it was written" in drill.stdout
    assert ask(portal, LEDGER).splitlines() == [
        "SIAGA rpo restore_test True",
        "SIAGA rto restore_test True",
    ]
    # The portal itself was not touched: nothing is held here that was not held before.
    assert ask(portal, HELD) == held


def test_a_drill_of_a_damaged_backup_files_nothing(portal, archive, tmp_path):
    damaged = tmp_path / "half.tar.gz"
    damaged.write_bytes(archive.read_bytes()[:-200])

    before = ask(portal, LEDGER)
    drill = portal("drill", "restore", "--file", str(damaged))

    assert drill.returncode == 1
    assert "damaged" in drill.stderr
    assert ask(portal, LEDGER) == before
