"""Checkpoints are signed once a minute, by a key that is made once and can be changed."""

import stat
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from bcp_portal.audit.models import AuditCheckpoint, AuditKey, AuditRow, ChainCheck
from bcp_portal.audit.services.checkpoint import sign_all, sign_checkpoint
from bcp_portal.audit.services.key import KeyElsewhereError, rotate_key
from bcp_portal.audit.services.walk import walk_trail
from bcp_portal.audit.verifier import check_trail, signers, unsigned
from bcp_portal.engine.schedule import SWEEPS
from tests.emptying import guards_asleep
from tests.make import LATER, NOON
from tests.make_audit import make_trail, take, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_key(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "audit.key"
    return settings.AUDIT_KEY_FILE


def test_the_engine_signs_once_a_minute():
    (sweep,) = [sweep for sweep in SWEEPS if sweep.name == "audit.checkpoint"]

    assert (sweep.every_s, sweep.by) == (60, "engine")


def test_the_key_is_made_at_the_first_start_and_only_we_can_read_it(own_key):
    write_rows(1)

    assert sign_checkpoint(at=NOON) == "signed 1 rows"
    assert stat.S_IMODE(own_key.stat().st_mode) == 0o600
    assert AuditKey.objects.get().signs


def test_nothing_new_is_not_signed_again():
    write_rows(2)
    sign_checkpoint(at=NOON)

    assert sign_checkpoint(at=LATER) == "nothing new"
    assert AuditCheckpoint.objects.count() == 1


def test_a_checkpoint_is_a_signed_note_that_the_verifier_accepts():
    taken = make_trail(checkpoints=3, rows_each=2)

    assert [one.size for one in taken.checkpoints] == [2, 4, 6]
    assert list(check_trail(taken.rows, taken.checkpoints)) == []
    assert list(unsigned(taken.checkpoints, taken.keys)) == []
    assert taken.checkpoints[0].note.count("\n— ") == 1


def test_a_portal_without_the_private_key_does_not_sign(own_key):
    write_rows(1)
    sign_checkpoint(at=NOON)
    own_key.unlink()
    write_rows(1)

    assert sign_checkpoint(at=LATER) == "the signing key lies elsewhere"


def test_rows_that_do_not_follow_are_not_vouched_for(own_key):
    write_rows(2)
    sign_checkpoint(at=NOON)
    write_rows(2)
    with guards_asleep():
        AuditRow.objects.filter(seq=3).update(prev_hash="f" * 64)

    assert sign_checkpoint(at=LATER) == "refused: row 3 does not follow row 2"


def test_a_new_key_is_vouched_for_by_the_old_one(django_capture_on_commit_callbacks):
    write_rows(2)
    sign_checkpoint(at=NOON)

    with django_capture_on_commit_callbacks(execute=True):
        rotate_key(actor=None, at=LATER, reason="a year is over")
    write_rows(1)
    sign_all(at=LATER + timedelta(minutes=1))

    old, new = (row.key for row in AuditKey.objects.order_by("pk"))
    signed_by = [signers(one.note, [old, new]) for one in AuditCheckpoint.objects.order_by("size")]
    assert signed_by == [[old], [new, old], [new]]
    assert list(check_trail(take().rows, take().checkpoints)) == []
    assert AuditRow.objects.get(action="audit.rotate_key").reason == "a year is over"


def test_a_lost_key_is_changed_only_by_who_says_so(own_key, django_capture_on_commit_callbacks):
    write_rows(1)
    sign_checkpoint(at=NOON)
    own_key.unlink()

    with pytest.raises(KeyElsewhereError):
        rotate_key(actor=None, at=LATER, reason="gone")
    with django_capture_on_commit_callbacks(execute=True):
        rotate_key(actor=None, at=LATER, reason="gone", is_lost=True)

    assert AuditRow.objects.get(action="audit.rotate_key").after["old_key_lost"] is True


@pytest.mark.parametrize("table", ["audit_auditrow", "audit_auditcheckpoint"])
def test_the_database_refuses_to_empty_the_trail(table, on_postgres):
    make_trail(checkpoints=1, rows_each=1)
    what = f"TRUNCATE {table}" if on_postgres else f"DELETE FROM {table}"

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(what)


def test_a_walk_over_a_whole_trail_says_so():
    make_trail(checkpoints=2, rows_each=3)

    assert walk_trail(at=NOON, stride=4) == "4 rows are whole"
    assert walk_trail(at=LATER, stride=4) == "6 rows are whole"
    check = ChainCheck.objects.get()
    assert (check.whole_at, check.whole_rows, check.walked_to) == (LATER, 6, 0)


def test_a_walk_names_the_row_that_was_changed():
    make_trail(checkpoints=2, rows_each=3)
    with guards_asleep():
        AuditRow.objects.filter(seq=2).update(reason="nothing happened")

    walk_trail(at=NOON)

    assert ChainCheck.objects.get().broken_seq == 2


def test_a_walk_misses_rows_that_were_signed_and_are_gone():
    make_trail(checkpoints=2, rows_each=3)
    with guards_asleep():
        AuditRow.objects.filter(seq__gt=4).delete()

    assert "rows 5-6: missing" in walk_trail(at=NOON)
