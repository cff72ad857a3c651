"""Orders at the site: whom the agent obeys, what it refuses, what it does without a link."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from siaga_agent.cli import main
from siaga_agent.clock import Clock, iso
from siaga_agent.config import AgentConfig, ConfigError
from siaga_agent.obey import Obedience
from siaga_agent.orders import (
    OldOrderError,
    OrderRejectedError,
    Trust,
    accept_order,
    fetch_orders,
    present_orders,
)
from siaga_agent.transport import Portal
from siaga_agent.watch import AdapterWatch
from tests.agent.make_agent import DEVICE, NOON, SetClock, make_outbox, write_invitation
from tests.agent.make_orders import KEY, TRUST, Engine, document, sealed
from tests.agent.portal_stand_in import RunningPortal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def outbox(tmp_path):
    return make_outbox(tmp_path)


class Site:
    """An agent's obedience over one engine, at a time that the test sets."""

    def __init__(self, outbox, engine=None):
        self.outbox, self.clock = outbox, SetClock()
        self.engine = engine or Engine()
        self.start()

    def start(self):
        self.watch = AdapterWatch(self.engine, self.outbox, clock=self.clock)
        self.watch.look()
        self.obedience = Obedience(self.outbox, [self.watch], clock=self.clock)

    def order(self, **fields):
        told = sealed(document(**fields))
        state = accept_order(self.outbox, told, trust=TRUST, at=self.clock.at)
        self.obedience.take(state, at=self.clock.at)
        self.step()
        return told

    def step(self, later=timedelta(0), *, heard=None):
        self.clock.at += later
        if heard is not None:
            self.obedience.confirm(heard, at=self.clock.at)
        self.watch.look()
        self.obedience.step()

    @property
    def frozen(self):
        return sorted(self.engine.frozen)


def phases(outbox):
    told = [stored.item for stored in outbox.waiting(newest_first=False)]
    return [item["phase"] for item in told if item["kind"] == "order_status"]


def test_a_sealed_order_is_kept_and_answered(outbox):
    told = sealed(document(epoch=7))

    state = accept_order(outbox, told, trust=TRUST, at=NOON)

    assert state.is_verified
    assert outbox.number("orders_epoch") == 7
    assert phases(outbox) == ["received", "verified"]
    assert accept_order(outbox, told, trust=TRUST, at=NOON) is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (sealed(document(), by=Ed25519PrivateKey.generate()), "signature"),
        (sealed(document()) | {"payloadType": "application/json"}, "not an order"),
        (sealed(document()) | {"signatures": []}, "signature"),
        (sealed(document()) | {"signatures": "none"}, "signature"),
        (document(), "not an order"),
        (sealed(document(site="MLG-01")), "It is for MLG-01"),
    ],
)
def test_what_headquarters_did_not_seal_for_this_site_is_refused(outbox, told, why):
    with pytest.raises(OrderRejectedError, match=why):
        accept_order(outbox, told, trust=TRUST, at=NOON)

    assert present_orders(outbox) is None
    assert outbox.number("orders_epoch") == 0
    assert phases(outbox) == ["rejected"]


def test_a_content_exchanged_under_a_good_seal_is_refused(outbox):
    told = sealed(document(epoch=7))
    told["payload"] = base64.b64encode(b'{"epoch": 8, "site": "SBY-02"}').decode()

    with pytest.raises(OrderRejectedError):
        accept_order(outbox, told, trust=TRUST, at=NOON)


def test_a_replayed_or_lower_order_is_refused_also_after_a_restart(tmp_path):
    freeze = sealed(document(epoch=6))
    thaw = sealed(document(epoch=7, sync={"*": "run"}))
    first = make_outbox(tmp_path)
    accept_order(first, freeze, trust=TRUST, at=NOON)
    accept_order(first, thaw, trust=TRUST, at=NOON)
    first.close()
    outbox = make_outbox(tmp_path)

    for old in (freeze, sealed(document(epoch=7)), sealed(document(epoch=3))):
        with pytest.raises(OldOrderError):
            accept_order(outbox, old, trust=TRUST, at=NOON)

    assert present_orders(outbox).order["sync"] == {"*": "run"}


def test_without_a_pinned_key_an_order_is_shown_and_its_number_not_believed(outbox):
    state = accept_order(outbox, sealed(document(epoch=2**40)), trust=Trust(), at=NOON)

    assert not state.is_verified
    assert outbox.number("orders_epoch") == 0
    assert phases(outbox) == ["received"]
    site = Site(outbox)
    site.step()
    assert site.engine.deeds == []


def test_a_device_that_was_never_told_its_site_stays_with_the_first(outbox):
    trust = Trust(KEY, "")
    accept_order(outbox, sealed(document(epoch=1)), trust=trust, at=NOON)

    with pytest.raises(OrderRejectedError, match="It is for MLG-01"):
        accept_order(outbox, sealed(document(epoch=2, site="MLG-01")), trust=trust, at=NOON)


def test_a_freeze_is_applied_seen_and_lifted(outbox):
    site = Site(outbox)

    site.order(epoch=1)
    site.step()
    assert site.frozen == ["sales"]
    site.order(epoch=2, sync={"*": "run"})
    site.step()

    assert site.frozen == []
    assert phases(outbox) == ["received", "verified", "applied", "held"] * 2


def test_what_people_undo_by_hand_is_done_again(outbox):
    site = Site(outbox)
    site.order(epoch=1)

    site.engine.frozen.clear()
    site.step(MINUTE)

    assert site.frozen == ["sales"]


def test_what_people_stopped_themselves_is_not_started_by_an_order_about_others(outbox):
    engine = Engine("sales", "stock")
    engine.frozen.add("stock")
    site = Site(outbox, engine)
    site.order(epoch=1, sync={"*": "run", "sales": "freeze"})

    site.order(epoch=2, sync={"*": "run"})

    assert site.frozen == ["stock"]


def test_a_killed_agent_knows_afterwards_what_it_had_stopped(outbox):
    site = Site(outbox)
    site.order(epoch=1)
    site.start()

    site.order(epoch=2, sync={"*": "run"})

    assert site.frozen == []


def test_an_engine_that_does_not_obey_is_told_once_and_tried_again(outbox):
    site = Site(outbox)
    site.engine.broken = "it is locked"
    site.order(epoch=1)
    site.step(timedelta(seconds=1))
    site.step(timedelta(seconds=1))
    tries = len(site.engine.deeds)
    site.engine.broken = ""
    site.step(timedelta(seconds=20))
    site.step()

    assert tries == 1
    assert site.frozen == ["sales"]
    assert [phase for phase in phases(outbox) if phase != "failed"][-2:] == ["applied", "held"]
    assert phases(outbox).count("failed") <= 2


def test_a_drain_ends_when_the_queue_is_empty(outbox):
    site = Site(outbox)
    site.engine.pending["sales"] = 3
    site.order(epoch=1, sync={"*": "drain"})
    before = site.frozen
    site.engine.pending["sales"] = 0
    site.step()
    site.step()

    assert before == []
    assert site.frozen == ["sales"]
    assert phases(outbox)[-1] == "completed"


def test_an_order_that_ends_by_itself_ends_without_a_link_too(outbox):
    site = Site(outbox)
    ends = NOON + 10 * MINUTE
    site.order(
        epoch=1, mode="offline", expires_at=iso(ends), on_expiry="revert",
        then=[{"at": iso(ends), "mode": "normal", "sync": {"*": "run"}}],
    )  # fmt: skip
    assert (site.frozen, site.obedience.mode) == (["sales"], "offline")

    site.step(11 * MINUTE)

    assert (site.frozen, site.obedience.mode) == ([], "normal")
    assert phases(outbox)[-1] == "expired"


def test_an_order_that_is_to_be_held_outlives_its_time(outbox):
    site = Site(outbox)
    site.order(epoch=1, expires_at=iso(NOON + MINUTE), on_expiry="hold")

    site.step(timedelta(days=3))

    assert site.frozen == ["sales"]


def test_a_freeze_stays_when_the_mode_beside_it_ends(outbox):
    site = Site(outbox)
    ends = NOON + 10 * MINUTE
    site.order(
        epoch=1, mode="offline", expires_at=iso(ends), on_expiry="revert",
        then=[{"at": iso(ends), "mode": "normal", "sync": {"*": "freeze"}}],
    )  # fmt: skip

    site.step(11 * MINUTE)

    assert (site.frozen, site.obedience.mode) == (["sales"], "normal")


def test_an_order_waits_for_its_time(outbox):
    site = Site(outbox)
    site.order(epoch=1, not_before=iso(NOON + 10 * MINUTE))
    before = site.frozen

    site.step(11 * MINUTE)

    assert (before, site.frozen) == ([], ["sales"])


def test_permission_to_sync_runs_out_with_the_link_and_comes_back_with_it(outbox):
    site = Site(outbox)
    site.order(epoch=1)
    site.order(epoch=2, sync={"*": "run"}, lease=900)
    assert site.frozen == []
    site.step(10 * MINUTE, heard=2)
    site.step(14 * MINUTE)
    assert site.frozen == []

    site.step(2 * MINUTE)
    assert site.frozen == ["sales"]
    site.step(MINUTE, heard=1)
    assert site.frozen == ["sales"]
    site.step(MINUTE, heard=2)

    assert site.frozen == []


def test_a_lease_survives_no_restart_longer_than_itself_and_no_clock_set_back(outbox):
    site = Site(outbox)
    site.order(epoch=1)
    site.order(epoch=2, sync={"*": "run"}, lease=900)

    site.start()
    site.step(MINUTE)
    assert site.frozen == []
    site.step(-60 * MINUTE)

    assert site.frozen == ["sales"]


def test_a_word_that_this_version_does_not_know_means_stand_still(outbox):
    site = Site(outbox)

    site.order(epoch=1, sync={"*": "gallop"})

    assert site.frozen == ["sales"]


# -- the line, the folder and the command


@pytest.fixture
def home(tmp_path):
    invitation, settings = write_invitation(tmp_path, "http://127.0.0.1:1", period_s=30)
    words = ["--token-json", str(invitation), "--settings", str(settings)]
    assert main(["enrol", "--home", str(tmp_path / "home"), *words]) == 0
    return tmp_path / "home"


def portal_for(running):
    config = AgentConfig(portal=running.url, node_id=DEVICE)
    return Portal(config, token="secret-token", clock=Clock())


def test_the_newest_of_several_orders_is_taken(outbox):
    with RunningPortal() as running:
        running.stand_in.orders = {"orders": [sealed(document(epoch=3)), sealed(document(epoch=7))]}
        state = fetch_orders(outbox, portal_for(running), trust=TRUST, at=NOON)

    assert state.epoch == 7


@pytest.mark.parametrize("answer", [{}, {"orders": []}, {"epoch": "7"}, {"payload": "%%"}])
def test_an_answer_without_an_order_changes_nothing(outbox, answer):
    with RunningPortal() as running:
        running.stand_in.orders = answer

        assert fetch_orders(outbox, portal_for(running), trust=TRUST, at=NOON) is None
    assert outbox.number("orders_epoch") == 0


def test_the_command_line_says_whether_the_order_is_obeyed(home, capsys):
    capsys.readouterr()
    assert main(["orders", "--home", str(home)]) == 0
    assert "normal work" in capsys.readouterr().out


def test_a_key_that_is_none_is_refused_at_once():
    with pytest.raises(ConfigError, match="orders_key"):
        AgentConfig.from_json(
            {"portal": "http://127.0.0.1:1", "node_id": DEVICE, "orders_key": "x"}
        )
