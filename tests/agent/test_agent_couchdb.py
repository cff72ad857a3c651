"""The CouchDB adapter on answers of pouchdb-server 4.2, and of a scheduler as documented."""

from datetime import UTC, datetime, timedelta

import pytest

from siaga_agent.adapters import AdapterError, make_adapter
from siaga_agent.shape import (
    CONFLICT,
    CONFLICT_NEEDS,
    SESSION,
    SESSION_NEEDS,
    STREAM,
    STREAM_NEEDS,
    fit,
)
from tests.agent.recorded_engine import RecordedEngine

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DOCUMENT = "/_replicator/push"
COPY = "/_replicator/_local/siaga-frozen-push"
SCHEDULED = "GET /_scheduler/docs/_replicator/push"
CHANGES = "/_changes?since={since}&limit=500&style=all_docs"
FIRST, BRANCH, CENTRE = (
    "1-a969e99addbf7df41889b345268499df",
    "2-3b2809556cea84992a1007a4213dd325",
    "2-eff8f5786ccf6a684015a0346e3b84b1",
)


def scheduled(*, state="running", errors=0, **info):
    told = {
        "revisions_checked": 35,
        "docs_read": 35,
        "docs_written": 35,
        "doc_write_failures": 0,
        "changes_pending": 0,
        "checkpointed_source_seq": "35-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMc",
        "through_seq": "35-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMc",
    }
    return {
        "database": "_replicator",
        "doc_id": "push",
        "id": "e327d79214831ca4c11550b4a453c9ba+continuous",
        "node": "node1@127.0.0.1",
        "state": state,
        "info": told | info,
        "error_count": errors,
        "last_updated": "2026-11-22T11:58:00Z",
        "start_time": "2026-11-22T08:00:00Z",
    }


def replication(engine, **fields):
    told = {"source": f"{engine.url}/a", "target": f"{engine.url}/b", "continuous": True}
    told |= {"_id": "push", "_rev": "2-c4df5b44fd944598de4234667ef3ba33"}
    told |= {"_replication_state": "triggered", "_replication_id": "d937c346"}
    return told | fields


def changes(*rows, last):
    return {"results": [row(*told) for told in rows], "last_seq": last}


def row(seq, name, *revs):
    return {"id": name, "seq": seq, "changes": [{"rev": rev} for rev in revs]}


@pytest.fixture
def engine():
    with RecordedEngine() as running:
        running.answers |= {
            f"GET {DOCUMENT}": replication(running),
            SCHEDULED: scheduled(),
            "GET /a": {"db_name": "a", "update_seq": 1, "doc_count": 1},
            "GET /b": {"db_name": "b", "update_seq": 3, "doc_count": 1},
            "GET /a" + CHANGES.format(since=0): changes((1, "x", FIRST), last=1),
            "GET /a" + CHANGES.format(since=1): changes(last=1),
            "GET /_replicator/_all_docs?include_docs=true": {"rows": []},
            "POST /b/_revs_diff": {},
        }
        yield running


class Looker:
    def __init__(self, engine, **settings):
        told = {"kind": "couchdb", "url": engine.url, "database": "a", "replication": "push"}
        self.adapter = make_adapter(told | {"stream": "sales"} | settings)
        self.cursor, self.sessions, self.conflicts = {}, [], []

    def look(self, seconds=0):
        found = self.adapter.gather(self.cursor, at=NOON + timedelta(seconds=seconds))
        self.cursor, self.frozen = found.cursor, found.frozen
        self.sessions += self._fitted(found.sessions, SESSION, SESSION_NEEDS)
        self.conflicts += self._fitted(found.conflicts, CONFLICT, CONFLICT_NEEDS)
        return fit(found.streams[0], STREAM, STREAM_NEEDS)[0]

    def told(self):
        codes = [[error["code"] for error in one.get("errors", ())] for one in self.sessions]
        return [(one["outcome"], *code) for one, code in zip(self.sessions, codes, strict=True)]

    @staticmethod
    def _fitted(entries, fields, needs):
        read = [fit(told, fields, needs) for told in entries]
        assert [problems for _, problems in read] == [[] for _ in read]
        return [fitted for fitted, _ in read]


@pytest.fixture
def looker(engine):
    return Looker(engine, conflicts_at=f"{engine.url}/b")


def test_the_scheduler_tells_what_is_pending(engine, looker):
    engine.answers[SCHEDULED] = scheduled(changes_pending=7)

    first = looker.look()
    engine.answers[SCHEDULED] = scheduled()
    second = looker.look(seconds=30)

    assert (first["pending_records"], first["oldest_pending_at"]) == (7, "2026-11-22T12:00:00.000Z")
    assert "last_sync_ok_at" not in first
    assert second["pending_records"] == 0
    assert second["last_sync_ok_at"] == "2026-11-22T11:58:00.000Z"
    assert [(one["outcome"], one["records_out"]) for one in looker.sessions] == [("ok", 7)]


def test_without_a_figure_pending_is_the_sequence_less_the_checkpoint(engine, looker):
    engine.answers[SCHEDULED] = scheduled(changes_pending=None)
    engine.answers["GET /a"] = {"update_seq": "40-g1AAAACbeJzLYWBg"}
    engine.answers["GET /a" + CHANGES.format(since=0)] = changes(last="40-g1AAAACbeJzLYWBg")

    assert looker.look()["pending_records"] == 5


def test_a_crashing_replication_is_told_once_and_without_its_password(engine, looker):
    error = "db_not_found: could not open http://till:secret@centre:5984/b/"
    engine.answers[SCHEDULED] = scheduled(
        state="crashing", errors=3, changes_pending=7, error=error
    )

    stream = looker.look()
    looker.look(seconds=10)

    assert (stream["pending_records"], stream["consecutive_failures"]) == (7, 3)
    assert looker.told() == [("failed", "replication_crashing")]
    sample = looker.sessions[0]["errors"][0]["sample"]
    assert "secret" not in sample
    assert "could not open http://centre:5984" in sample


def test_where_no_scheduler_is_the_target_is_asked_what_it_lacks(engine, looker):
    del engine.answers[SCHEDULED]
    engine.answers["POST /b/_revs_diff"] = {"x": {"missing": [FIRST]}}

    behind = looker.look()
    engine.answers["POST /b/_revs_diff"] = {}
    level = looker.look(seconds=20)

    assert (behind["pending_records"], level["pending_records"]) == (1, 0)
    assert engine.bodies("POST /b/_revs_diff")[0] == {"x": [FIRST]}
    assert level["last_sync_ok_at"] == "2026-11-22T12:00:20.000Z"
    assert looker.cursor["checkpoint"] == 1
    assert looker.told() == [("ok",)]


def test_while_the_target_is_away_everything_after_our_checkpoint_waits(engine, looker):
    del engine.answers[SCHEDULED]
    looker.look()
    engine.answers |= {
        f"GET {DOCUMENT}": replication(engine, target="http://127.0.0.1:9/b"),
        "GET /a": {"update_seq": 5},
        "GET /a" + CHANGES.format(since=1): changes((5, "y", FIRST), last=5),
    }

    away = [looker.look(seconds=seconds) for seconds in (10, 20)]

    assert [one["pending_records"] for one in away] == [4, 4]
    assert [one["consecutive_failures"] for one in away] == [1, 2]
    assert away[1]["oldest_pending_at"] == "2026-11-22T12:00:10.000Z"
    assert away[1]["last_sync_ok_at"] == "2026-11-22T12:00:00.000Z"
    assert looker.told() == [("failed", "replication_unreachable")]


def in_conflict(engine):
    engine.answers |= {
        "GET /b" + CHANGES.format(since=0): changes((3, "x", BRANCH, CENTRE), last=3),
        "GET /b" + CHANGES.format(since=3): changes(last=3),
        "GET /b/x?conflicts=true": {"n": 3, "_id": "x", "_rev": CENTRE, "_conflicts": [BRANCH]},
        f"GET /b/x?rev={BRANCH}": {"n": 2, "site": "SBY-02", "_id": "x", "_rev": BRANCH},
    }


def test_a_conflict_at_the_centre_is_seen_where_we_may_look_there(engine, looker):
    in_conflict(engine)

    stream = looker.look()
    looker.look(seconds=10)

    assert stream["conflicts_open"] == 1
    [case] = looker.conflicts
    assert (case["entity"], case["key"], case["fields"]) == ("a", "x", ["n", "site"])
    assert [(one["rev"], one["source"]) for one in case["versions"]] == [
        (CENTRE, "winner"),
        (BRANCH, "SBY-02"),
    ]
    assert [one["values"]["n"] for one in case["versions"]] == [3, 2]


def test_a_resolved_conflict_is_no_longer_open(engine, looker):
    in_conflict(engine)
    looker.look()
    engine.answers |= {
        "GET /b": {"update_seq": 4},
        "GET /b" + CHANGES.format(since=3): changes((4, "x", CENTRE), last=4),
        "GET /b" + CHANGES.format(since=4): changes(last=4),
        "GET /b/x?conflicts=true": {"n": 3, "_id": "x", "_rev": CENTRE},
    }

    assert looker.look(seconds=10)["conflicts_open"] == 0


def test_a_branch_that_only_pushes_says_that_it_is_blind_for_conflicts(engine):
    in_conflict(engine)
    blind = Looker(engine)

    streams = [blind.look(seconds=seconds) for seconds in (0, 10)]

    assert [one["conflicts_open"] for one in streams] == [0, 0]
    assert blind.conflicts == []
    assert blind.told() == [("partial", "conflicts_invisible")]


def test_a_branch_that_also_pulls_is_not_blind(engine):
    pull = {"source": f"{engine.url}/b", "target": {"url": f"{engine.url}/a"}}
    engine.answers["GET /_replicator/_all_docs?include_docs=true"] = {"rows": [{"doc": pull}]}
    seeing = Looker(engine)

    seeing.look()

    assert seeing.sessions == []


def test_a_centre_that_is_away_does_not_spoil_the_look(engine):
    away = Looker(engine, conflicts_at="http://127.0.0.1:9/b")

    assert away.look()["pending_records"] == 0


def test_freeze_keeps_a_copy_before_it_removes_the_document(engine, looker):
    engine.answers |= {f"PUT {COPY}": {"ok": True}}
    removal = f"DELETE {DOCUMENT}?rev=2-c4df5b44fd944598de4234667ef3ba33"
    engine.answers[removal] = {"ok": True}
    looker.look()

    looker.adapter.freeze("sales")

    asked = [question for question, _ in engine.asked]
    assert asked.index(f"PUT {COPY}") < asked.index(removal)
    kept = {"source": f"{engine.url}/a", "target": f"{engine.url}/b", "continuous": True}
    assert engine.bodies(f"PUT {COPY}") == [{"document": kept}]


def test_a_removed_document_with_its_copy_is_frozen_and_comes_back(engine, looker):
    engine.answers[SCHEDULED] = scheduled(changes_pending=7)
    looker.look()
    kept = {"source": "a", "target": "https://centre/b", "continuous": True}
    del engine.answers[f"GET {DOCUMENT}"]
    engine.answers |= {
        f"GET {COPY}": {"_id": "_local/siaga-frozen-push", "_rev": "0-1", "document": kept},
        f"PUT {DOCUMENT}": {"ok": True},
        f"DELETE {COPY}?rev=0-1": {"ok": True},
    }

    stream = looker.look(seconds=10)
    looker.adapter.thaw("sales")

    assert (looker.frozen, stream["pending_records"]) == ({"sales"}, 7)
    [restored] = engine.bodies(f"PUT {DOCUMENT}")
    assert len(restored.pop("siaga_resumed")) == 32
    assert restored == kept
    assert engine.asked[-1][0] == f"DELETE {COPY}?rev=0-1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, {}), "no_document"),
        ((401, {}), "forbidden"),
        ((500, {}), "refused"),
        ((200, "<html>"), "not_json"),
    ],
)
def test_an_engine_that_cannot_be_asked_is_an_error_with_a_name(engine, looker, answer, code):
    engine.answers[f"GET {DOCUMENT}"] = answer

    with pytest.raises(AdapterError) as refusal:
        looker.look()

    assert refusal.value.code == code
