"""The PostgreSQL adapter on a real pair, with the traps that the real engine sets."""

import time
from datetime import UTC, datetime

import pytest

from siaga_agent.adapters import make_adapter
from siaga_agent.adapters.base import AdapterError
from siaga_agent.clock import parse_instant
from siaga_agent.shape import SESSION, SESSION_NEEDS, STREAM, STREAM_NEEDS, fit
from tests.agent.engines import missing_engine, postgres_pair, wait_until

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(bool(missing_engine("postgres")), reason="needs Debian's postgresql"),
]


@pytest.fixture(scope="module")
def pair():
    with postgres_pair() as running:
        yield running


class Looker:
    """An adapter with its cursor, as the agent would keep it."""

    def __init__(self, settings):
        self.adapter, self.cursor, self.sessions = make_adapter(settings), {}, []

    def look(self):
        found = self.adapter.gather(self.cursor, at=datetime.now(UTC))
        self.cursor = found.cursor
        self.sessions += [fit(told, SESSION, SESSION_NEEDS) for told in found.sessions]
        stream, problems = fit(found.streams[0], STREAM, STREAM_NEEDS)
        assert problems == []
        self.frozen = found.frozen
        return stream

    def codes(self):
        return [error["code"] for told, _ in self.sessions for error in told.get("errors", [])]

    def outcomes(self):
        return [told["outcome"] for told, _ in self.sessions]


def sell(pair, first, count):
    pair.publisher.sql(
        f"INSERT INTO sales SELECT n, n FROM generate_series({first}, {first + count - 1}) n"
    )


@pytest.fixture
def publisher(pair):
    pair.restore()
    pair.wait_in_step()
    looker = Looker(pair.publisher_settings())
    wait_until(lambda: looker.look()["pending_records"] == 0)
    wait_until(lambda: "last_sync_ok_at" in looker.look())
    return looker


def next_id(pair):
    return int(pair.publisher.sql("SELECT coalesce(max(id), 0) + 1 FROM sales"))


def test_a_dark_subscriber_is_told_by_the_slot_alone(pair, publisher):
    pair.cut()
    cut_at = datetime.now(UTC)
    sell(pair, next_id(pair), 25)
    wait_until(lambda: pair.publisher.sql("SELECT count(*) FROM pg_stat_replication") == "0")
    dark = wait_until(
        lambda: (seen := publisher.look())["pending_records"] == 25 and seen, seconds=25
    )
    time.sleep(1)
    later = publisher.look()

    assert dark["pending_bytes"] > 0
    assert later["oldest_pending_at"] == dark["oldest_pending_at"]
    assert (cut_at - parse_instant(dark["oldest_pending_at"])).total_seconds() < 5
    assert parse_instant(later["last_sync_ok_at"]) <= cut_at
    assert "subscriber_gone" in publisher.codes()
    assert publisher.outcomes()[-1] == "aborted"


def test_a_restored_link_drains_and_ends_a_session(pair, publisher):
    pair.cut()
    first = next_id(pair)
    sell(pair, first, 40)
    wait_until(lambda: publisher.look()["pending_records"] == 40, seconds=25)
    pair.restore()
    drained = wait_until(
        lambda: (seen := publisher.look())["pending_records"] == 0 and seen, seconds=25
    )
    wait_until(lambda: "ok" in publisher.outcomes() or publisher.look() is None)

    done = [told for told, _ in publisher.sessions if told["outcome"] == "ok"][-1]
    assert "oldest_pending_at" not in drained
    assert (done["trigger"], done["records_out"]) == ("reconnect", 40)
    assert pair.count(pair.subscriber) == pair.count(pair.publisher)


def test_one_duplicate_key_stops_the_whole_subscription(pair, publisher):
    looker = Looker(pair.subscriber_settings())
    clash = next_id(pair)
    looker.look()
    pair.subscriber.sql(f"INSERT INTO sales VALUES ({clash}, 0)")
    sell(pair, clash, 5)

    stuck = wait_until(lambda: (seen := looker.look())["conflicts_open"] and seen, seconds=25)

    assert stuck["consecutive_failures"] >= 1
    assert looker.codes() == ["apply_error"]
    assert looker.outcomes() == ["failed"]
    assert pair.count(pair.subscriber) < pair.count(pair.publisher)

    pair.subscriber.sql(f"DELETE FROM sales WHERE id = {clash}")
    pair.wait_in_step()
    wait_until(lambda: looker.look()["conflicts_open"] == 0, seconds=25)
    assert looker.outcomes()[-1] == "ok"
    assert looker.look()["consecutive_failures"] == 0


def test_freeze_stops_the_subscription_and_thaw_lets_it_go_on(pair, publisher):
    looker = Looker(pair.subscriber_settings())
    looker.adapter.freeze("prices")
    before = pair.count(pair.subscriber)
    sell(pair, next_id(pair), 3)
    time.sleep(2)
    looker.look()

    assert looker.frozen == {"prices"}
    assert pair.count(pair.subscriber) == before

    looker.adapter.thaw("prices")
    pair.wait_in_step()
    looker.look()
    assert looker.frozen == frozenset()


def test_the_publisher_says_why_it_cannot_freeze(pair, publisher):
    with pytest.raises(AdapterError, match="ALTER SUBSCRIPTION"):
        publisher.adapter.freeze("sales")


def test_a_slot_that_is_not_there_is_an_error_with_a_name(pair):
    looker = Looker(pair.publisher_settings(slot="it's not there"))

    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == "no_slot"


def test_an_engine_that_is_off_is_unreachable(pair):
    looker = Looker(pair.publisher_settings(conninfo="host=127.0.0.1 port=1 dbname=shop"))

    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == "unreachable"


def test_a_slot_about_to_be_lost_says_until_when():
    with postgres_pair() as pair:
        looker = Looker(pair.publisher_settings())
        looker.look()
        pair.publisher.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '4MB'")
        pair.publisher.sql("SELECT pg_reload_conf()")
        pair.cut()
        sell(pair, 1, 2000)
        wait_until(lambda: looker.look()["pending_records"] == 2000, seconds=25)
        dying = looker.look()
        for _ in range(12):
            pair.publisher.sql("SELECT pg_switch_wal()")
            sell(pair, next_id(pair), 10)
        pair.publisher.sql("CHECKPOINT")
        lost = looker.look()

    now = datetime.now(UTC)
    assert parse_instant(dying["pending_expires_at"]) > parse_instant(dying["oldest_pending_at"])
    assert parse_instant(lost["pending_expires_at"]) <= now
    assert "slot_lost" in looker.codes()
