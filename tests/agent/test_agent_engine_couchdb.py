"""The CouchDB adapter on a real pouchdb-server, with the trap that the protocol sets."""

import time
from datetime import UTC, datetime

import pytest

from siaga_agent.adapters import make_adapter
from tests.agent.engine_pouchdb import PACKAGE, pouchdb_server, running_pouchdb
from tests.agent.patience import wait_until

pytestmark = pytest.mark.engines


@pytest.fixture
def server():
    program = pouchdb_server()
    if program is None:
        pytest.skip(f"needs {PACKAGE} from npm, and npm was missing or too slow")
    with running_pouchdb(program) as client:
        client.put("/branch")
        client.put("/centre")
        yield client


class Looker:
    def __init__(self, server, **settings):
        told = {"kind": "couchdb", "url": str(server.base_url), "database": "branch"}
        self.adapter = make_adapter(told | {"replication": "push"} | settings)
        self.cursor, self.conflicts, self.codes, self.frozen = {}, [], [], frozenset()

    def look(self):
        found = self.adapter.gather(self.cursor, at=datetime.now(UTC))
        self.cursor, self.frozen = found.cursor, found.frozen
        self.conflicts += found.conflicts
        self.codes += [one["code"] for told in found.sessions for one in told.get("errors", ())]
        return found.streams[0]

    def is_in_step(self):
        return self.look()["pending_records"] == 0


def replicate(server, name, source, target):
    base = str(server.base_url).rstrip("/")
    told = {"source": f"{base}/{source}", "target": f"{base}/{target}", "continuous": True}
    assert server.put(f"/_replicator/{name}", json=told).is_success


def edit(server, database, n):
    known = server.get(f"/{database}/price").json()
    told = {"n": n, "site": database} | ({"_rev": known["_rev"]} if "_rev" in known else {})
    assert server.put(f"/{database}/price", json=told).is_success


def test_a_conflict_shows_at_the_centre_and_the_branch_sees_it_only_when_it_pulls(server):
    replicate(server, "push", "branch", "centre")
    blind = Looker(server)
    seeing = Looker(server, conflicts_at=f"{str(server.base_url).rstrip('/')}/centre")
    edit(server, "branch", 1)
    wait_until(blind.is_in_step, seconds=15, what="the first edit arrives")

    blind.adapter.freeze("branch")
    blind.look()
    edit(server, "branch", 2)
    edit(server, "centre", 3)
    time.sleep(1)
    while_frozen = (blind.frozen, server.get("/centre/price").json()["n"])

    blind.adapter.thaw("branch")
    waiting = blind.look()["pending_records"]
    wait_until(blind.is_in_step, seconds=15, what="the second edit arrives")
    seeing.look()
    before_pull = (len(blind.conflicts), len(seeing.conflicts))

    replicate(server, "pull", "centre", "branch")
    wait_until(lambda: blind.look() and blind.conflicts, seconds=15, what="the branch sees it")

    assert while_frozen == ({"branch"}, 3)
    assert waiting in (0, 1)
    assert before_pull == (0, 1)
    assert blind.codes == ["conflicts_invisible"]
    assert blind.conflicts[0]["conflict_id"] == seeing.conflicts[0]["conflict_id"]
    assert {one["source"] for one in blind.conflicts[0]["versions"]} == {"branch", "centre"}
