"""The trail can be checked by anybody, and says where it was changed."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.services.hold import hold_all_calls
from tests.make_engine import NOON

pytestmark = pytest.mark.django_db


def write_rows(count: int) -> None:
    for number in range(count):
        hold_all_calls(reason=f"Reason {number}", actor=None, at=NOON)


def verify(*arguments: str) -> str:
    said = io.StringIO()
    call_command("verify_audit", *arguments, stdout=said)
    return said.getvalue()


def export(path) -> list[dict]:
    rows = [
        {field.attname: getattr(row, field.attname) for field in AuditRow._meta.concrete_fields}
        for row in AuditRow.objects.order_by("seq")
    ]
    for row in rows:
        row["at"] = row["at"].isoformat()
    save(path, rows)
    return rows


def save(path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_an_untouched_trail_is_whole():
    write_rows(3)

    assert verify().startswith("3 rows, each as it was written.")


def test_an_empty_trail_is_whole():
    assert verify().startswith("0 rows")


def test_an_exported_trail_is_whole(tmp_path):
    write_rows(3)
    export(tmp_path / "trail.jsonl")

    assert verify(str(tmp_path / "trail.jsonl")).startswith("3 rows")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[1].update(reason="nothing happened"), "row 2: was changed"),
        (lambda rows: rows.pop(1), "row 2: missing"),
        (lambda rows: rows[2].update(prev_hash="0" * 64), "row 3: does not follow"),
    ],
)
def test_a_changed_export_is_found_out(tmp_path, change, words):
    write_rows(3)
    rows = export(tmp_path / "trail.jsonl")
    change(rows)
    save(tmp_path / "trail.jsonl", rows)

    with pytest.raises(CommandError, match=words):
        verify(str(tmp_path / "trail.jsonl"))


@pytest.mark.parametrize("content", ["not json\n", "[]\n", '{"seq": 1}\n'])
def test_a_file_that_is_no_export_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "trail.jsonl").write_text(content)

    with pytest.raises(CommandError, match="Line 1 is not a row of the trail"):
        verify(str(tmp_path / "trail.jsonl"))


@pytest.mark.parametrize(
    "what", ["UPDATE audit_auditrow SET reason = ''", "DELETE FROM audit_auditrow"]
)
def test_the_database_refuses_to_change_the_trail(what):

    write_rows(1)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(what)
    assert AuditRow.objects.count() == 1
