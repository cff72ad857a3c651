"""The Litestream adapter on answers recorded from Litestream 0.5.17, by a real Unix socket."""

from datetime import UTC, datetime, timedelta

import pytest

from siaga_agent.adapters import AdapterError, make_adapter
from siaga_agent.shape import SESSION, SESSION_NEEDS, STREAM, STREAM_NEEDS, fit
from tests.agent.recorded_engine import RecordedEngine

DATABASE = "/srv/shop.db"
SYNCED = datetime(2026, 11, 22, 9, 55, 52, 363889, UTC)


def listed(status="replicating", synced="2026-11-22T09:55:52.363889181Z"):
    return {"databases": [{"path": DATABASE, "status": status, "last_sync_at": synced}]}


def numbers(txid, replicated, status="no_change"):
    return {"status": status, "path": DATABASE, "txid": txid, "replicated_txid": replicated}


@pytest.fixture
def engine(tmp_path):
    with RecordedEngine(socket_path=tmp_path / "litestream.sock") as running:
        running.answers |= {"GET /list": listed(), "POST /sync": numbers(1, 1)}
        yield running


class Looker:
    def __init__(self, tmp_path):
        settings = {"kind": "litestream", "database": DATABASE, "stream": "shop"}
        self.adapter = make_adapter(settings | {"socket": str(tmp_path / "litestream.sock")})
        self.cursor, self.sessions = {}, []

    def look(self, seconds=1):
        found = self.adapter.gather(self.cursor, at=SYNCED + timedelta(seconds=seconds))
        self.cursor, self.frozen = found.cursor, found.frozen
        for told in found.sessions:
            fitted, problems = fit(told, SESSION, SESSION_NEEDS)
            assert problems == []
            self.sessions.append(fitted)
        return fit(found.streams[0], STREAM, STREAM_NEEDS)[0]


@pytest.fixture
def looker(tmp_path):
    return Looker(tmp_path)


def test_a_replica_in_step_has_nothing_pending(engine, looker):
    stream = looker.look()

    assert stream["pending_records"] == 0
    assert stream["last_sync_ok_at"] == "2026-11-22T09:55:52.363Z"
    assert "oldest_pending_at" not in stream
    assert looker.sessions == []


def test_a_broken_replica_that_calls_itself_replicating_is_found_by_its_last_sync(engine, looker):
    engine.answers["POST /sync"] = numbers(4, 0)

    first = looker.look(seconds=10)
    for seconds in (60, 70, 80):
        last = looker.look(seconds=seconds)

    assert (first["pending_records"], first["consecutive_failures"]) == (4, 0)
    assert (last["pending_records"], last["consecutive_failures"]) == (4, 2)
    assert last["last_sync_ok_at"] == "2026-11-22T09:55:52.363Z"
    assert last["oldest_pending_at"] == "2026-11-22T09:56:02.363Z"
    told = [(one["outcome"], one["errors"][0]["code"]) for one in looker.sessions]
    assert told == [("failed", "replica_stalled")]
    assert "'replicating'" in looker.sessions[0]["errors"][0]["sample"]


def test_a_replica_that_caught_up_ends_its_session(engine, looker):
    engine.answers["POST /sync"] = numbers(4, 1)
    looker.look(seconds=10)
    engine.answers |= {
        "GET /list": listed(synced="2026-11-22T09:56:11Z"),
        "POST /sync": numbers(5, 5, "synced"),
    }

    stream = looker.look(seconds=20)

    assert stream["pending_records"] == 0
    assert [(one["outcome"], one["records_out"]) for one in looker.sessions] == [("ok", 3)]


def test_a_stopped_database_is_frozen_and_keeps_its_figures(engine, looker):
    engine.answers["POST /sync"] = numbers(4, 1)
    looker.look(seconds=10)
    engine.answers |= {
        "GET /list": listed("stopped"),
        "POST /sync": (500, {"error": f"database not open: {DATABASE}"}),
    }

    stream = looker.look(seconds=20)

    assert looker.frozen == {"shop"}
    assert stream["pending_records"] == 3


def test_freeze_and_thaw_stop_and_start_the_database(engine, looker):
    engine.answers |= {
        "POST /stop": {"status": "stopped", "path": DATABASE},
        "POST /start": {"status": "started", "path": DATABASE},
    }

    looker.adapter.freeze("shop")
    looker.adapter.thaw("shop")

    assert engine.bodies("POST /stop")[0]["path"] == DATABASE
    assert engine.bodies("POST /start") == [{"path": DATABASE}]


def test_a_stop_that_could_not_save_the_rest_is_a_stop(engine, looker):
    refusal = (500, {"error": "close database: shutdown sync timeout after 60 attempts"})
    engine.answers |= {"POST /stop": refusal, "GET /list": listed("stopped")}

    looker.adapter.freeze("shop")

    engine.answers["GET /list"] = listed("replicating")
    with pytest.raises(AdapterError, match="shutdown sync timeout"):
        looker.adapter.freeze("shop")


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        ("GET /list", {"databases": []}, "no_database"),
        ("POST /sync", (404, "404 page not found"), "too_old"),
        ("POST /sync", (500, {"error": "disk I/O error"}), "refused"),
    ],
)
def test_what_cannot_be_asked_is_an_error_with_a_name(engine, looker, question, answer, code):
    engine.answers[question] = answer

    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == code


def test_a_daemon_that_is_gone_is_unreachable(looker):
    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == "unreachable"
