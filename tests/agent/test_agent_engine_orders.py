"""A sealed order stops and starts a real Syncthing folder and a real PostgreSQL subscription."""

import time

import pytest

from siaga_agent.adapters import make_adapter
from siaga_agent.clock import Clock
from siaga_agent.obey import Obedience
from siaga_agent.orders import accept_order
from siaga_agent.watch import AdapterWatch
from tests.agent.engines import missing_engine, postgres_pair, syncthing_pair, wait_until
from tests.agent.make_agent import make_outbox
from tests.agent.make_orders import TRUST, document, sealed

needs_both = missing_engine("postgres") or missing_engine("syncthing")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(bool(needs_both), reason=f"needs {needs_both}"),
]


class Agent:
    def __init__(self, outbox, *settings):
        self.outbox, self.clock = outbox, Clock()
        self.watches = [
            AdapterWatch(make_adapter(entry), outbox, clock=self.clock) for entry in settings
        ]
        self.obedience = Obedience(outbox, self.watches, clock=self.clock)
        self.look()

    def look(self):
        for watch in self.watches:
            watch.look()

    def obey(self, **fields):
        at = self.clock.now()
        state = accept_order(self.outbox, sealed(document(**fields)), trust=TRUST, at=at)
        self.obedience.take(state, at=at)
        wait_until(self._is_held, what=f"order {state.epoch} is held")

    def _is_held(self):
        self.look()
        self.obedience.step()
        told = [stored.item for stored in self.outbox.waiting(newest_first=True)]
        newest = max(item["epoch"] for item in told if item["kind"] == "order_status")
        return any(
            item["kind"] == "order_status" and item["epoch"] == newest and item["phase"] == "held"
            for item in told
        )


def test_real_engines_stand_still_by_order_and_run_again(tmp_path):
    with postgres_pair() as postgres, syncthing_pair() as syncthing:
        agent = Agent(
            make_outbox(tmp_path),
            postgres.subscriber_settings(),
            syncthing.branch_settings(freeze_by="folder"),
        )
        agent.obey(epoch=1, sync={"*": "freeze"})
        enabled = postgres.subscriber.sql("SELECT subenabled FROM pg_subscription")
        postgres.publisher.sql("INSERT INTO sales VALUES (1, 100)")
        (syncthing.branch.folder / "stock.csv").write_text("oil,3\n")
        time.sleep(3)
        arrived = (
            postgres.count(postgres.subscriber),
            (syncthing.centre.folder / "stock.csv").exists(),
        )

        agent.obey(epoch=2, sync={"*": "run"})
        syncthing.branch.rescan()
        postgres.wait_in_step()
        wait_until((syncthing.centre.folder / "stock.csv").exists, what="the file arrives")

    assert enabled == "f"
    assert arrived == (0, False)
    assert {stream for watch in agent.watches for stream in watch.last_look.frozen} == set()
