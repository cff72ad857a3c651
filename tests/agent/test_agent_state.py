"""The reach ladder and the state a site claims."""

from datetime import timedelta

import pytest

from siaga_agent.clock import JumpWatch, iso
from siaga_agent.config import AgentConfig
from siaga_agent.heartbeat import HeartbeatMaker
from siaga_agent.reach import ReachLadder, is_connected
from siaga_agent.state import SiteState
from siaga_agent.watch import LastLook
from tests.agent.make_agent import DEVICE, NOON, SetClock, make_outbox
from tests.agent.portal_stand_in import RunningPortal
from tests.faults.proxy import FaultProxy

OK = {"ok": True}
CUT = {"ok": False, "err": "timeout"}


def observe(state, *, minutes=0, central=OK, pending=0, synced=None, mode="normal", frozen=False):
    stream = {"name": "sales", "pending_records": pending}
    if synced is not None:
        stream["last_sync_ok_at"] = iso(NOON + timedelta(minutes=synced))
    return state.observe(
        mode=mode,
        reach={"central": central},
        streams=[stream],
        frozen=frozen,
        at=NOON + timedelta(minutes=minutes),
    )


def test_every_rung_is_asked_and_answers_for_itself():
    with RunningPortal() as portal, FaultProxy(("127.0.0.1", portal.port)) as link:
        link.mode = "hang"
        ladder = ReachLadder(
            {
                "portal": portal.url,
                "gateway": f"tcp://127.0.0.1:{portal.port}",
                "dns": "dns://localhost",
                "internet": "tcp://127.0.0.1:1",
                "central": f"http://127.0.0.1:{link.port}/healthz",
                "peer": "gopher://x",
            },
            timeout_s=0.5,
        )

        answers = ladder.probe()

    assert [answers[rung]["ok"] for rung in ("portal", "gateway", "dns")] == [True] * 3
    assert answers["portal"]["rtt_ms"] >= 0
    assert answers["internet"] == {"ok": False, "err": "ECONNREFUSED"}
    assert answers["central"] == {"ok": False, "err": "timeout"}
    assert "not an address" in answers["peer"]["err"]


@pytest.mark.parametrize(
    ("reach", "connected"),
    [
        ({"central": OK, "portal": CUT}, True),
        ({"central": CUT, "portal": OK}, False),
        ({"portal": CUT}, False),
        ({"gateway": CUT}, None),
        ({}, None),
    ],
)
def test_the_centre_decides_what_connected_means(reach, connected):
    assert is_connected(reach) is connected


def test_connected_but_not_synchronised_is_a_state_of_its_own():
    state = SiteState()
    seen = []
    for step in (
        {"minutes": 0},
        {"minutes": 1, "central": CUT, "pending": 3, "synced": 0},
        {"minutes": 2, "pending": 5, "synced": 0},
        {"minutes": 3, "pending": 2, "synced": 0},
        {"minutes": 4, "pending": 1, "synced": 4},
    ):
        observe(state, **step)
        seen.append(state.state)

    assert seen == ["online", "offline", "syncing", "syncing", "online"]


def test_since_is_the_moment_of_the_change():
    state = SiteState()
    observe(state)
    observe(state, minutes=1, central=CUT)
    observe(state, minutes=9, central=CUT)

    assert state.since == NOON + timedelta(minutes=1)


def test_a_repeated_picture_is_plain_and_a_changed_rung_is_not():
    state = SiteState()

    assert observe(state)
    assert not observe(state, minutes=1)
    assert observe(state, minutes=2, central=CUT)
    assert not observe(state, minutes=3, central=CUT)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"mode": "maintenance", "central": CUT}, "maintenance"),
        ({"mode": "offline"}, "offline_ordered"),
        ({"frozen": True}, "frozen"),
        ({"frozen": True, "central": CUT}, "offline"),
    ],
)
def test_orders_and_freezes_show_in_the_state(told, state):
    site = SiteState()

    observe(site, **told)

    assert site.state == state


def test_a_clock_that_jumps_is_noticed_once():
    clock = SetClock()
    watch = JumpWatch(clock)
    seen = []
    for wall_s, mono_ms in ((0, 0), (60, 60_000), (-3600, 60_000), (60, 60_000)):
        clock.at += timedelta(seconds=wall_s)
        clock.mono += mono_ms
        seen.append(watch.jumped())

    assert seen == [False, False, True, False]


def test_a_site_without_an_engine_tells_of_its_own_queue(tmp_path):
    outbox = make_outbox(tmp_path)
    config = AgentConfig(portal="http://127.0.0.1:1", node_id=DEVICE)
    maker = HeartbeatMaker(tmp_path, config, outbox, clock=SetClock())

    entry = maker.make(reach={}, looks=[LastLook()], period_s=60, reading=None)

    assert entry.item["streams"] == [{"name": "telemetry", "pending_records": 0}]
    assert entry.item["period_s"] == 60
