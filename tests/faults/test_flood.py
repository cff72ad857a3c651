"""Fifty devices gone wild, far over their quota, while steps fall due."""

import http.client
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from bcp_portal.shared.ports import free_port
from tests.make_telemetry import BOOT, batch, heartbeat, packed
from tests.servers import wait_for_port

pytestmark = pytest.mark.faults
DEVICES, A_BATCH, A_MINUTE, SAVED = 50, 100, 6, 60
STEPS = 20
SET_UP = f"""
import json
from django.utils import timezone
from tests.make import make_site
from telemetry.services.device import enrol_device
site, now = make_site(), timezone.now()
made = [enrol_device(site=site, name=str(n), actor=None, at=now) for n in range({DEVICES})]
print(json.dumps([[str(device.node_id), token] for device, token in made]))
"""


class Wild(threading.Thread):
    """A device that sends a hundred at a time as fast as it is answered, whatever the answer."""

    def __init__(self, port, node_id, token):
        super().__init__(daemon=True)
        self.port, self.node_id, self.token = port, node_id, token
        self.acknowledged, self.statuses, self.said = 0, set(), 0
        self.enough = threading.Event()

    def run(self):
        seq = 1
        while not self.enough.wait(0.05):
            now = datetime.now(UTC)
            items = [heartbeat(n, at=now) for n in range(seq, seq + A_BATCH)]
            body = packed(batch(*items, node_id=self.node_id, boot_id=BOOT, sent_at=now))
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            head = {"Authorization": f"Bearer {self.token}"}
            link.request("POST", "/api/telemetry/v1/batches", body, head)
            answer = link.getresponse()
            told = json.loads(answer.read())
            link.close()
            self.said += A_BATCH
            self.statuses.add(answer.status)
            if answer.status == 200:
                self.acknowledged += sum(last - first + 1 for first, last in told["ack"])
            else:
                assert int(answer.headers["Retry-After"]) >= 1
            seq += A_BATCH


def test_a_flood_over_the_quota_holds_no_escalation_up_and_keeps_what_is_within_it(place):
    place.environment["SIAGA_DEVICE_RATE"] = str(A_MINUTE)
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", SET_UP],
        env=place.environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    devices = json.loads(told.strip().splitlines()[-1])
    port = free_port()
    place.start(
        "web", "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--log-level", "warning", "--no-access-log",
    )  # fmt: skip
    wait_for_port(port, within=60.0)
    place.engine()
    wild = [Wild(port, *device) for device in devices]
    for device in wild:
        device.start()
    place.until(lambda: all(429 in device.statuses for device in wild), "no quota is enforced")

    # The flood goes on until every step has fired, so that nothing but the flood can help them.
    place.add_runs(STEPS, steps=1, due_in=1.0)
    place.until(lambda: place.steps_done() >= STEPS, "steps wait behind the flood")

    for device in wild:
        device.enough.set()
    for device in wild:
        device.join()
    place.wait_for_cycles(2)
    assert place.steps_done() == STEPS
    stored = place.number("SELECT count(*) FROM telemetry_sample")
    assert stored == sum(device.acknowledged for device in wild)
    for device in wild:
        assert device.statuses <= {200, 429}
        # What it had saved up, and what a few minutes add; of thousands.
        assert SAVED <= device.acknowledged <= SAVED + 10 * A_MINUTE
