"""Nobody hears of a change before it is on the disk, though the chain's lock is let go earlier."""

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from bcp_portal.audit.verbs import verb
from bcp_portal.engine import schedule
from bcp_portal.engine.bell_thread import bell
from bcp_portal.engine.doorbell import ring
from bcp_portal.engine.models import CallHold, Job
from bcp_portal.engine.services.hold import hold_all_calls
from bcp_portal.engine.services.job import cancel_jobs
from bcp_portal.engine.services.working import work_on
from bcp_portal.live.journal import Reader
from bcp_portal.live.models import LiveEvent
from bcp_portal.shared.on_disk import release_before_disk
from tests.make_engine import NOON, SOON

pytestmark = pytest.mark.django_db(transaction=True)

heard: list[bool] = []
committed: list[int] = []


@pytest.fixture(autouse=True)
def only_postgres():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite waits for the disk in each commit, before anybody sees it")
    heard.clear()
    committed.clear()


def log_place(which: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_current_wal_{which}_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def note_commit() -> None:
    committed.append(log_place("insert"))


def note_disk(*_: object, **__: object) -> None:
    heard.append(log_place("flush") >= committed[-1])


def commit_without_disk(row) -> None:
    """What another process has just committed, and has not waited for yet."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(release_before_disk())
        row.save(force_insert=True)
    note_commit()


@verb
def hold_loudly(*, at):
    ring("engine")
    return hold_all_calls(reason="loud", actor=None, at=at)


def test_a_bell_rings_only_after_its_change_is_on_the_disk(monkeypatch):
    monkeypatch.setattr(bell, "press", note_disk)

    for _ in range(5):
        with transaction.atomic():
            transaction.on_commit(note_commit)
            hold_loudly(at=NOON)

    assert heard == [True] * 5


def test_a_call_leaves_only_after_what_caused_it_is_on_the_disk(monkeypatch):
    monkeypatch.setitem(schedule.JOBS, "test.leave", f"{__name__}.note_disk")
    job = Job(kind="test.leave", subject_id=1, key="leave:1", queued_at=NOON, due_at=NOON)
    commit_without_disk(job)

    assert work_on(job_id=job.pk, now=lambda: SOON) == "done"

    assert heard == [True]


def test_the_live_stream_tells_only_what_is_on_the_disk():
    reader = Reader()
    reader.begin(NOON)
    commit_without_disk(LiveEvent(topic="x", kind="y", at=NOON))

    assert len(reader.news()) == 1

    note_disk()
    assert heard == [True]


def test_a_verb_that_has_nothing_left_to_do_answers_for_what_others_did():
    commit_without_disk(CallHold(reason="somebody else's", held_at=NOON))

    cancel_jobs(kind="test.leave", subject_id=1)

    note_disk()
    assert heard == [True]


def test_a_connection_that_is_lost_before_the_disk_is_no_answer(monkeypatch):
    monkeypatch.setattr(bell, "press", note_disk)

    def cut() -> None:
        settings = connection.get_connection_params()
        own = connection.connection.info.backend_pid
        plain = {name: settings[name] for name in ("host", "port", "user", "password", "dbname")}
        with psycopg.connect(**plain, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [own])

    with pytest.raises(OperationalError), transaction.atomic():  # noqa: PT012
        transaction.on_commit(cut)
        hold_loudly(at=NOON)
    connection.close()

    assert heard == []


def test_only_the_change_itself_commits_without_the_disk():
    hold_all_calls(reason="one", actor=None, at=NOON)

    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
