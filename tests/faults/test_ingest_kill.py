"""The server is killed under load: what it acknowledged is there, and is there once."""

import http.client
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bcp_portal.shared.ports import free_port
from tests.faults.conftest import IS_PRODUCTION
from tests.make_telemetry import BOOT, batch, heartbeat, packed
from tests.servers import private_postgres, wait_for_port
from tests.template import copy_template_file, load_template_database

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]
DEVICES, SAMPLES, KILLS = 6, 5, 3
SET_UP = f"""
import json
from django.utils import timezone
from tests.make import make_site
from telemetry.services.device import enrol_device
site, now = make_site(), timezone.now()
made = [enrol_device(site=site, name=str(n), actor=None, at=now) for n in range({DEVICES})]
print(json.dumps([[str(device.node_id), token] for device, token in made]))
"""
STORED = """
import json
from telemetry.models import Sample
rows = Sample.objects.values_list("device__node_id", "seq")
print(json.dumps([[str(node), seq] for node, seq in rows]))
"""


@pytest.fixture
def place(tmp_path) -> Iterator[dict[str, str]]:
    """A migrated store of its own, as the environment of a server, on the present profile."""
    environment = os.environ | {
        "SIAGA_DATA_DIR": str(tmp_path),
        "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
        "DJANGO_SETTINGS_MODULE": "bcp_portal.settings",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    if not IS_PRODUCTION:
        copy_template_file(tmp_path)
        manage(environment, "migrate", "--verbosity", "0")
        yield environment
        return
    with private_postgres(durable=True) as postgres:
        environment["DATABASE_URL"] = postgres.create_database("siaga")
        load_template_database(environment["DATABASE_URL"])
        manage(environment, "migrate", "--verbosity", "0")
        yield environment


def manage(environment, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def told(environment, script):
    return json.loads(manage(environment, "shell", "-c", script).strip().splitlines()[-1])


class Portal:
    """A real server that can be killed and started again on the same port."""

    def __init__(self, environment):
        self.environment, self.port = environment, free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application", "--port",
             str(self.port), "--log-level", "warning", "--no-access-log"],
            cwd=ROOT, env=self.environment,
        )  # fmt: skip
        wait_for_port(self.port)

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextmanager
def running(environment):
    portal = Portal(environment)
    portal.start()
    try:
        yield portal
    finally:
        portal.kill()


class Sender(threading.Thread):
    """A device that sends on until it is told to stop, and resends what was not answered."""

    def __init__(self, port, node_id, token):
        super().__init__(daemon=True)
        self.port, self.node_id, self.token = port, node_id, token
        self.acknowledged, self.sent = set(), {}
        self.duplicates, self.strange = 0, []
        self.enough = threading.Event()

    def run(self):
        seq = 1
        while not self.enough.is_set():
            now = datetime.now(UTC)
            items = [heartbeat(n, at=now) for n in range(seq, seq + SAMPLES)]
            body = packed(batch(*items, node_id=self.node_id, boot_id=BOOT, sent_at=now))
            self.sent[seq] = body
            while not self.post(body) and not self.enough.is_set():
                time.sleep(0.05)
            seq += SAMPLES

    def post(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            connection.request("POST", "/api/telemetry/v1/batches", body, headers)
            answer = connection.getresponse()
            reply = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status != 200:
            self.strange.append((answer.status, reply))
            return answer.status < 500
        self.duplicates += reply["duplicates"]
        for first, last in reply["ack"]:
            self.acknowledged |= set(range(first, last + 1))
        return True


def test_kill_9_loses_no_acknowledged_sample_and_doubles_none(place):
    devices = told(place, SET_UP)
    with running(place) as portal:
        senders = [Sender(portal.port, *device) for device in devices]
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            time.sleep(2)
            portal.kill()
            portal.start()
        time.sleep(2)
        for sender in senders:
            sender.enough.set()
        for sender in senders:
            sender.join()
        before = told(place, STORED)
        stored = {(node, seq) for node, seq in before}
        assert len(stored) == len(before)
        for sender in senders:
            assert sender.strange == []
            assert len(sender.acknowledged) > KILLS * SAMPLES
            assert {(sender.node_id, seq) for seq in sender.acknowledged} <= stored

        for sender in senders:
            for body in sender.sent.values():
                assert sender.post(body)

        again = {(node, seq) for node, seq in told(place, STORED)}
        everything = {(s.node_id, seq) for s in senders for seq in s.acknowledged}
        assert again == everything
