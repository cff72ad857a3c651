"""The demo's own sync: a cut link makes a queue grow, a corrupted batch shows in the digests."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from siaga_agent.adapters import make_adapter
from siaga_agent.demo_source import digest_of, row_hash, till_adapter
from siaga_agent.shape import SESSION, SESSION_NEEDS, STREAM, STREAM_NEEDS, fit
from siaga_agent.till_central import make_server
from tests.faults.proxy import FaultProxy

ROOT = Path(__file__).resolve().parents[2]
ENV = os.environ | {"PYTHONPATH": str(ROOT / "agent")}


@pytest.fixture
def central(tmp_path):
    server = make_server(tmp_path / "central", port=0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def link(central):
    with FaultProxy(("127.0.0.1", central.server_port)) as proxy:
        yield proxy


class Till:
    def __init__(self, home, link):
        self.home, self.url, self.cursor = home, f"http://127.0.0.1:{link.port}", {}

    def do(self, *words, cursor=None):
        done = subprocess.run(
            [sys.executable, "-m", "siaga_agent.till", "--home", str(self.home), *words],
            env=ENV | {"SIAGA_CURSOR": json.dumps(cursor or {})},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stderr == ""
        return done

    def sell(self, count):
        self.do("--central", self.url, "--sell", str(count))

    def push(self, *words):
        return self.do("--central", self.url, *(words or ("--push",))).returncode == 0

    def status(self):
        told = json.loads(self.do("--status", cursor=self.cursor).stdout)
        self.cursor = told["cursor"]
        for session in told["sync_sessions"]:
            assert fit(session, SESSION, SESSION_NEEDS)[1] == []
        assert fit(told["streams"][0], STREAM, STREAM_NEEDS)[1] == []
        return told["streams"][0], told["sync_sessions"]


@pytest.fixture
def till(tmp_path, link):
    return Till(tmp_path / "till", link)


def test_sales_arrive_and_both_digests_agree(till, central):
    till.sell(7)
    assert till.push()

    stream, (session,) = till.status()

    assert stream["pending_records"] == 0
    assert session["outcome"] == "ok"
    assert session["digest_before"]["rows"] == 0
    assert session["digest_after"]["rows"] == 7
    assert session["digest_after"]["value"] == session["digest_peer_after"]["value"]


def test_a_cut_link_makes_the_queue_grow_and_the_clock_run(till, link):
    till.sell(2)
    link.cut()
    assert not till.push()
    first, (failed,) = till.status()
    till.sell(3)
    assert not till.push()
    later, repeated = till.status()

    assert (first["pending_records"], later["pending_records"]) == (2, 5)
    assert later["oldest_pending_at"] == first["oldest_pending_at"]
    assert later["consecutive_failures"] == 2
    assert (failed["outcome"], failed["errors"][0]["code"]) == ("failed", "unreachable")
    assert repeated == []  # the same failure is not told every few seconds

    link.restore()
    assert till.push()
    drained, (session,) = till.status()
    assert drained["pending_records"] == 0
    assert "oldest_pending_at" not in drained
    assert session["records_out"] == 5


def test_a_corrupted_batch_shows_in_the_digests_until_it_is_repaired(till):
    till.sell(4)
    (till.home / "corrupt").touch()
    assert till.push()
    _, (session,) = till.status()

    assert session["outcome"] == "partial"
    assert session["errors"][0]["code"] == "digest_mismatch"
    assert session["digest_after"]["value"] != session["digest_peer_after"]["value"]
    assert not (till.home / "corrupt").exists()

    assert till.push("--repair")
    _, (repaired,) = till.status()
    assert repaired["outcome"] == "ok"
    assert repaired["trigger"] == "manual"


def test_a_frozen_till_keeps_its_sales(till):
    till.do("--freeze")
    till.sell(1)

    assert not till.push()
    told = json.loads(till.do("--status").stdout)
    assert (told["frozen"], told["streams"][0]["pending_records"]) == (["sales"], 1)

    till.do("--thaw")
    assert till.push()


def test_a_batch_told_twice_is_stored_once(central):
    store = central.RequestHandlerClass.store
    sale = {
        "sale_id": "1",
        "sku": "OLI",
        "quantity": 1,
        "amount_minor": 5,
        "sold_at": "2026-11-22T01:00:00.000Z",
    }
    from_till = {
        "till": "t",
        "day": "2026-11-22",
        "sales": [sale],
        "checksum": {"value": _checksum(sale)},
    }

    first, second = store.take(from_till), store.take(from_till)

    assert (first["stored"], second["stored"], second["duplicates"]) == (1, 0, 1)
    assert first["digest"] == second["digest"]


def _checksum(sale):
    return digest_of([row_hash(sale)], "batch")["value"]


def test_the_agents_command_adapter_reads_the_till(till, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "agent"))
    till.sell(3)
    till.push()
    adapter = make_adapter(till_adapter(till.home))

    found = adapter.gather({}, at=datetime.now(UTC))
    again = adapter.gather(found.cursor, at=datetime.now(UTC))

    assert [stream["name"] for stream in found.streams] == ["sales"]
    assert len(found.sessions) == 1
    assert again.sessions == []
