"""The outbox: numbers, encryption, acknowledgements, losses."""

import json
import multiprocessing
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from siaga_agent import keeping
from siaga_agent.outbox import MAX_BATCH_BYTES, Entry
from siaga_agent.store import OutboxDamagedError, OutboxFullError
from tests.agent.make_agent import NOON, heartbeat, make_outbox, session


def test_numbers_start_at_one_and_go_on_after_reopening(tmp_path):
    outbox = make_outbox(tmp_path)
    first = outbox.append(heartbeat(), at=NOON)
    outbox.close()

    again = make_outbox(tmp_path)

    assert (first, again.append(heartbeat(), at=NOON)) == (1, 2)
    assert again.boot_id == outbox.boot_id


def test_a_new_outbox_is_a_new_boot(tmp_path):
    assert make_outbox(tmp_path / "a").boot_id != make_outbox(tmp_path / "b").boot_id


def test_the_same_mark_keeps_its_first_number(tmp_path):
    outbox = make_outbox(tmp_path)
    told = session()

    first = outbox.append(told, at=NOON, mark="session:1")
    second = outbox.append(told, at=NOON, mark="session:1")

    assert first == second
    assert outbox.waiting_count() == 1


def test_several_processes_never_get_the_same_number(tmp_path):
    make_outbox(tmp_path).close()

    with multiprocessing.get_context("spawn").Pool(3) as pool:
        taken = pool.map(_append_twenty, [str(tmp_path)] * 3)

    numbers = [number for part in taken for number in part]
    assert sorted(numbers) == list(range(1, 61))


def _append_twenty(folder):
    outbox = make_outbox(Path(folder))
    return [outbox.append(heartbeat(), at=NOON) for _ in range(20)]


def test_nothing_readable_is_on_the_disk(tmp_path):
    outbox = make_outbox(tmp_path)
    outbox.append(session(stream="SECRET-STREAM"), at=NOON, mark="SECRET-MARK")
    outbox.put_secret("token", "SECRET-TOKEN")

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"SECRET" not in stored


def test_a_record_moved_to_another_number_does_not_open(tmp_path):
    outbox = make_outbox(tmp_path)
    for _ in range(2):
        outbox.append(heartbeat(), at=NOON)
    with outbox.transaction() as db:
        db.execute("UPDATE items SET body = (SELECT body FROM items WHERE seq = 1) WHERE seq = 2")

    assert [item.seq for item in outbox.waiting(newest_first=True)] == [1]
    assert outbox.untold_drops() == [{"from_seq": 2, "to_seq": 2, "reason": "corrupt"}]


def test_a_record_of_another_device_does_not_open(tmp_path):
    make_outbox(tmp_path).append(heartbeat(), at=NOON)

    other = make_outbox(tmp_path, device="another")

    assert other.waiting(newest_first=True) == []


def test_only_what_was_sent_can_be_acknowledged(tmp_path):
    outbox = make_outbox(tmp_path)
    for _ in range(3):
        outbox.append(heartbeat(), at=NOON)
    outbox.mark_sent([1])

    outbox.settle(acked=[(1, 100)], rejected={}, told=[], at=NOON)

    assert [item.seq for item in outbox.waiting(newest_first=True)] == [2, 3]


def test_the_newest_go_first_and_in_order(tmp_path):
    outbox = make_outbox(tmp_path)
    for _ in range(5):
        outbox.append(heartbeat(), at=NOON)

    assert [item.seq for item in outbox.waiting(newest_first=True, limit=2)] == [4, 5]


def test_a_batch_stays_under_its_size(tmp_path):
    outbox = make_outbox(tmp_path)
    for _ in range(10):
        outbox.append(heartbeat(padding="x" * 200_000), at=NOON)

    batch = outbox.waiting(newest_first=True)

    size = len(json.dumps([item.numbered() for item in batch]))
    assert 1 <= len(batch) < 10
    assert size <= MAX_BATCH_BYTES


def test_an_entry_that_could_never_be_sent_is_refused(tmp_path):
    with pytest.raises(ValueError, match="too large"):
        make_outbox(tmp_path).append(heartbeat(padding="x" * 300_000), at=NOON)


def fill_the_disk(outbox):
    with outbox.transaction() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 4}")
    stored = []
    for _ in range(200):
        try:
            stored.append(outbox.append(heartbeat(padding="x" * 1000), at=NOON, plain=True))
        except OutboxFullError:
            return stored
    raise AssertionError("the disk did not fill up")


def test_a_full_disk_stores_nothing_and_says_so(tmp_path):
    outbox = make_outbox(tmp_path)

    stored = fill_the_disk(outbox)

    assert outbox.waiting_count() == len(stored)
    with pytest.raises(OutboxFullError):
        outbox.append(session(padding="x" * 9000), at=NOON)


def test_numbers_have_no_hole_after_a_full_disk(tmp_path):
    outbox = make_outbox(tmp_path)
    stored = fill_the_disk(outbox)

    assert keeping.make_room(outbox)
    after = outbox.append(heartbeat(), at=NOON)

    assert after == stored[-1] + 1
    assert outbox.untold_drops()[0]["reason"] == "buffer_full"


def test_cursor_and_entries_are_stored_together(tmp_path):
    outbox = make_outbox(tmp_path)
    too_large = Entry(heartbeat(padding="x" * 300_000))

    with pytest.raises(ValueError, match="too large"):
        outbox.append_all([Entry(session()), too_large], at=NOON, cursors={"pg": {"at": 7}})

    assert outbox.waiting_count() == 0
    assert outbox.cursor("pg") == {}


def test_a_file_that_is_no_outbox_is_called_damaged(tmp_path):
    (tmp_path / "outbox.db").write_bytes(b"not a database at all, " * 500)

    with pytest.raises(OutboxDamagedError):
        make_outbox(tmp_path)


def test_a_highest_number_never_goes_back(tmp_path):
    outbox = make_outbox(tmp_path)

    outbox.raise_number("orders_epoch", 7)
    outbox.raise_number("orders_epoch", 3)

    assert outbox.number("orders_epoch") == 7


def test_commits_are_full_and_logged_ahead(tmp_path):
    outbox = make_outbox(tmp_path)

    with outbox.transaction() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# -- keeping


def test_old_plain_heartbeats_are_thinned_to_one_in_five_minutes(tmp_path):
    outbox = make_outbox(tmp_path)
    for minute in range(60):
        outbox.append(heartbeat(), at=NOON + timedelta(minutes=minute), plain=True)

    keeping.thin(outbox, at=NOON + timedelta(hours=8))

    assert [item.seq for item in outbox.waiting(newest_first=True)] == list(range(1, 61, 5))
    assert outbox.untold_drops()[0] == {"from_seq": 2, "to_seq": 5, "reason": "downsampled"}


def test_after_three_days_one_an_hour_is_left(tmp_path):
    outbox = make_outbox(tmp_path)
    for minute in range(180):
        outbox.append(heartbeat(), at=NOON + timedelta(minutes=minute), plain=True)

    keeping.thin(outbox, at=NOON + timedelta(days=4))
    keeping.thin(outbox, at=NOON + timedelta(days=5))

    assert [item.seq for item in outbox.waiting(newest_first=True)] == [1, 61, 121]


def test_fresh_heartbeats_are_not_thinned(tmp_path):
    outbox = make_outbox(tmp_path)
    for minute in range(60):
        outbox.append(heartbeat(), at=NOON + timedelta(minutes=minute), plain=True)

    assert keeping.thin(outbox, at=NOON + timedelta(hours=6)) == 0


def test_changes_sessions_and_conflicts_are_never_thinned(tmp_path):
    outbox = make_outbox(tmp_path)
    for minute in range(20):
        outbox.append(session(), at=NOON + timedelta(minutes=minute))
        outbox.append(heartbeat(state="offline"), at=NOON + timedelta(minutes=minute))

    keeping.thin(outbox, at=NOON + timedelta(days=30))
    keeping.stay_within(outbox, max_bytes=10)

    assert outbox.waiting_count() == 40


def test_acknowledged_entries_are_kept_for_seven_days(tmp_path):
    outbox = make_outbox(tmp_path)
    outbox.append(session(), at=NOON)
    outbox.mark_sent([1])
    outbox.settle(acked=[(1, 1)], rejected={}, told=[], at=NOON)

    keeping.forget_settled(outbox, at=NOON + timedelta(days=6, hours=23))
    assert len(outbox.stored(everything=True)) == 1
    keeping.forget_settled(outbox, at=NOON + timedelta(days=7, seconds=1))

    assert outbox.stored(everything=True) == []


def test_the_quota_takes_held_entries_first(tmp_path):
    outbox = make_outbox(tmp_path)
    for _ in range(10):
        outbox.append(heartbeat(), at=NOON, plain=True)
    outbox.mark_sent([1, 2, 3])
    outbox.settle(acked=[(1, 3)], rejected={}, told=[], at=NOON)

    keeping.stay_within(outbox, max_bytes=keeping.stored_bytes(outbox) - 1)

    assert [item.seq for item in outbox.stored(everything=True)] == list(range(4, 11))
    assert outbox.untold_drops() == []


def test_a_reader_beside_the_writer_sees_whole_transactions(tmp_path):
    outbox = make_outbox(tmp_path)
    outbox.append(heartbeat(), at=NOON)

    reader = sqlite3.connect(tmp_path / "outbox.db")

    assert reader.execute("SELECT count(*) FROM items").fetchone() == (1,)
