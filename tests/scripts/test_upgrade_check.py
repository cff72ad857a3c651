"""Before an update: what waits, what is unlike the pins, what is old; and what we are made of."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bcp_portal import upgrade
from bcp_portal.bill_of_materials import bill_of_materials

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def says(part: str) -> upgrade.Finding:
    return next(one for one in upgrade.check_upgrade(NOON) if one.part == part)


def keep_backup(tmp_path, *, age: timedelta) -> None:
    (tmp_path / "b.tar.gz").write_text("x")
    note = {"made_at": (NOON - age).isoformat(), "file": str(tmp_path / "b.tar.gz")}
    (tmp_path / "last-backup.json").write_text(json.dumps(note))


def test_only_a_fresh_backup_that_is_still_there_lets_an_update_begin(tmp_path):
    assert says("backup").state == "absent"
    keep_backup(tmp_path, age=timedelta(hours=30))
    assert says("backup").state == "absent"
    keep_backup(tmp_path, age=timedelta(hours=3))
    assert says("backup").state == "ok"
    (tmp_path / "b.tar.gz").unlink()
    assert says("backup").state == "absent"


def test_a_setting_that_nobody_reads_any_more_is_named(monkeypatch):
    monkeypatch.setenv("SIAGA_FORMER_SWITCH", "yes")

    assert "SIAGA_FORMER_SWITCH" in says("settings").says


def test_a_package_unlike_its_pin_is_named(monkeypatch):
    monkeypatch.setattr(upgrade, "pinned", lambda: {"Django": "1.0"})

    assert "Django" in says("versions").says


def test_the_packages_here_are_the_pinned_ones():
    assert says("versions").state == "ok"


def test_the_bill_of_materials_is_cyclonedx_and_holds_packages_and_vendored_files():
    bill = bill_of_materials()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    names = {part["name"] for part in bill["components"]}
    assert {"django", "celery", "weasyprint"} <= names
    assert any(name.startswith("vendor/") for name in names)
