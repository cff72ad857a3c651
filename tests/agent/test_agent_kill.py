"""kill -9 at any moment: nothing acknowledged is lost, nothing gets a second identity."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid5

import pytest

from siaga_agent.enrol import enrol
from siaga_agent.home import open_home
from tests.agent.make_agent import write_invitation
from tests.agent.portal_stand_in import RunningPortal
from tests.agent.producer import SPACE
from tests.faults.proxy import FaultProxy

ROOT = Path(__file__).resolve().parents[2]
ENV = os.environ | {"PYTHONPATH": f"{ROOT / 'agent'}:{ROOT}"}
ROUNDS = int(os.environ.get("SIAGA_KILL_ROUNDS", "20"))


STARTED = []


@pytest.fixture(autouse=True)
def _nothing_is_left_running():
    yield
    while STARTED:
        kill(STARTED.pop())


def start(*words, **options):
    process = subprocess.Popen([sys.executable, *words], env=ENV, **options)
    STARTED.append(process)
    return process


def start_agent(home):
    return start("-m", "siaga_agent", "run", "--home", str(home), stderr=subprocess.DEVNULL)


def start_producer(home, first):
    program = str(ROOT / "tests/agent/producer.py")
    return start(program, str(home), str(first), stdout=subprocess.PIPE, text=True)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_until(reached, *, seconds=120):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def enrolled(folder, portal, *, url=None):
    invitation, settings = write_invitation(folder, url or portal.url, period_s=1)
    enrol(home=folder / "home", token_json=str(invitation), settings=settings)
    return folder / "home"


@pytest.mark.faults
def test_kill_9_at_random_points_loses_and_doubles_nothing(tmp_path):
    dice = random.Random(20261122)
    acknowledged = set()
    with RunningPortal() as portal:
        home = enrolled(tmp_path, portal)
        for _ in range(ROUNDS):
            # The one that was perhaps not acknowledged is told again, as a caller would.
            agent, producer = start_agent(home), start_producer(home, len(acknowledged))
            portal.stand_in.lose_replies = dice.choice((0, 0, 1))
            told = [producer.stdout.readline()]
            time.sleep(dice.uniform(0, 0.9))
            for process in dice.sample((agent, producer), 2):
                kill(process)
                time.sleep(dice.uniform(0, 0.05))
            told += producer.stdout.read().splitlines()
            acknowledged.update(int(line) for line in told)
        portal.stand_in.lose_replies = 0
        batches = len(portal.stand_in.batches)
        agent = start_agent(home)
        wait_until(lambda: len(portal.stand_in.batches) > batches)
        wait_until(lambda: _seen(portal) >= _wanted(acknowledged))
        agent.terminate()
        assert agent.wait(timeout=60) == 0

    items = portal.stand_in.items("sync_session")
    identities = [item["session_id"] for item in items]
    assert len(acknowledged) >= ROUNDS
    assert len(identities) == len(set(identities))
    assert portal.stand_in.forked == []
    assert len(portal.stand_in.held) == 1
    with open_home(home) as opened:
        assert opened.outbox.untold_drops() == []


def _seen(portal):
    return {item["session_id"] for item in portal.stand_in.items("sync_session")}


def _wanted(acknowledged):
    return {str(uuid5(SPACE, str(number))) for number in acknowledged}


@pytest.mark.faults
def test_a_cut_link_is_backfilled_by_the_running_agent(tmp_path):
    with RunningPortal() as portal, FaultProxy(("127.0.0.1", portal.port)) as link:
        home = enrolled(tmp_path, portal, url=f"http://127.0.0.1:{link.port}")
        agent = start_agent(home)
        wait_until(lambda: portal.stand_in.items("heartbeat"))
        link.cut()
        producer = start_producer(home, 0)
        told = {int(producer.stdout.readline()) for _ in range(25)}
        kill(producer)
        told |= {int(line) for line in producer.stdout.read().splitlines()}
        assert not portal.stand_in.items("sync_session")

        link.restore()
        wait_until(lambda: _seen(portal) >= _wanted(told))
        agent.terminate()
        assert agent.wait(timeout=60) == 0

    assert len(told) >= 25


@pytest.mark.faults
def test_a_damaged_outbox_is_set_aside_and_begun_anew(tmp_path):
    with RunningPortal() as portal:
        home = enrolled(tmp_path, portal)
        for name in ("outbox.db-wal", "outbox.db-shm"):
            (home / name).unlink(missing_ok=True)
        (home / "outbox.db").write_bytes(b"\0garbage\0" * 4000)

        agent = start_agent(home)
        wait_until(lambda: portal.stand_in.items("heartbeat"))
        agent.terminate()
        agent.wait(timeout=60)

    assert list(home.glob("outbox.db.damaged-*"))


def test_a_second_agent_on_the_same_folder_refuses(tmp_path):
    with RunningPortal() as portal:
        home = enrolled(tmp_path, portal)
        agent = start_agent(home)
        wait_until(lambda: portal.stand_in.items("heartbeat"))

        second = subprocess.run(
            [sys.executable, "-m", "siaga_agent", "run", "--home", str(home)],
            env=ENV,
            capture_output=True,
            text=True,
            timeout=120,
        )
        agent.terminate()
        agent.wait(timeout=60)

    assert second.returncode == 2
    assert "already running" in second.stderr
