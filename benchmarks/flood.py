"""A reconnect flood: a thousand sites come home at once, each with sixty buffered samples.

Web and engine run as `bin/up` runs them, with everything that the engine does. Before the flood
and during it ten steps a second fall due, and a browser asks for the command centre: how late the
steps are, how long the page takes, and whether a sample was lost.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import uuid4

from benchmarks.breach import SETUP, portal

ROOT = Path(__file__).resolve().parents[1]
SITES = int(os.environ.get("BENCH_SITES", "1000"))
SAMPLES, CONNECTIONS, STEPS_A_SECOND, QUIET_S = 60, 32, 10, 15
GIVE_UP_S = 120.0


def batch(device: dict[str, str], now: datetime) -> bytes:
    """What a site says after an hour without a link."""
    items = [
        {
            "kind": "heartbeat", "seq": n + 1, "state": "online",
            "at": (now - timedelta(minutes=SAMPLES - n - 1)).isoformat(),
            "reach": {"gateway": {"ok": True, "rtt_ms": 1}, "internet": {"ok": n == SAMPLES - 1}},
            "streams": [{"name": "sales", "pending_records": 7 * n}],
        }
        for n in range(SAMPLES)
    ]  # fmt: skip
    content = {
        "schema": "telemetry/1", "node_id": device["node_id"], "boot_id": str(uuid4()),
        "sent_at": now.isoformat(), "items": items,
    }  # fmt: skip
    return json.dumps(content).encode()


def send(port: int, device: dict[str, str]) -> int:
    """Send until it is acknowledged, as the agent does; return how often it was told to wait."""
    body, waits = batch(device, datetime.now(UTC)), 0
    while True:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        head = {"Authorization": f"Bearer {device['token']}"}
        link.request("POST", "/api/telemetry/v1/batches", body, head)
        answer = link.getresponse()
        told = answer.read()
        link.close()
        if answer.status == 200:
            assert json.loads(told)["ack"] == [[1, SAMPLES]], told
            return waits
        assert answer.status in (429, 503), told
        waits += 1
        time.sleep(float(answer.headers.get("Retry-After", "1")))


class Viewer(threading.Thread):
    """A browser that asks for the command centre again and again."""

    def __init__(self, port: int, session: str) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie = port, f"sessionid={session}"
        self.took: list[float] = []
        self.enough = threading.Event()

    def run(self) -> None:
        """Ask, note how long it took, rest a little."""
        while not self.enough.wait(0.25):
            starts = time.perf_counter()
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            link.request("GET", "/?part=alerts", headers={"Cookie": self.cookie})
            answer = link.getresponse()
            answer.read()
            link.close()
            assert answer.status == 200, answer.status
            self.took.append(time.perf_counter() - starts)


def add_steps(first: int, seconds: float) -> int:
    """Steps that fall due ten a second from a moment ahead of now; the next free number."""
    deadlines = import_module("bcp_portal.engine.models").Deadline.objects
    starts = datetime.now(UTC) + timedelta(seconds=1)
    count = int(seconds * STEPS_A_SECOND)
    deadlines.bulk_create(
        deadlines.model(
            kind="scenario.step", subject_id=first + n, epoch=0, loop=0, step=0, created_at=starts,
            due_at=(due := starts + timedelta(seconds=n / STEPS_A_SECOND)), next_try_at=due,
        )
        for n in range(count)
    )  # fmt: skip
    return first + count


def lateness(first: int, last: int) -> list[float]:
    """Seconds from due to fired of these steps, once all have fired."""
    deadlines = import_module("bcp_portal.engine.models").Deadline.objects
    rows = deadlines.filter(kind="scenario.step", subject_id__gte=first, subject_id__lt=last)
    ends = time.monotonic() + GIVE_UP_S
    while rows.exclude(state="fired").exists() and time.monotonic() < ends:
        time.sleep(0.5)
    fired = rows.filter(state="fired").values_list("due_at", "fired_at")
    late = sorted((done - due).total_seconds() for due, done in fired)
    assert len(late) == last - first, "steps were lost"
    return late


def p99(numbers: list[float]) -> float:
    """The ninety-ninth of a hundred."""
    return sorted(numbers)[int(len(numbers) * 0.99)]


def run(name: str) -> None:
    """One profile, in the present environment."""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    told = subprocess.run(
        [*manage, "shell", "-c", SETUP.replace("COUNT", str(SITES))],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    made = json.loads(told.strip().splitlines()[-1])
    with portal(dict(os.environ)) as port:
        viewer = Viewer(port, made["session"])
        viewer.start()
        time.sleep(5)
        viewer.took.clear()
        quiet = add_steps(1, QUIET_S)
        late_before = lateness(1, quiet)
        page_before = list(viewer.took)
        viewer.took.clear()
        flooded = add_steps(quiet, QUIET_S)
        time.sleep(1)
        starts = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            waits = sum(pool.map(lambda device: send(port, device), made["devices"]))
        took = time.perf_counter() - starts
        late_within = lateness(quiet, flooded)
        viewer.enough.set()
        page_within = list(viewer.took)
    stored = import_module("telemetry.models").Sample.objects.count()
    print(
        f"{name}: {stored} of {SITES * SAMPLES} samples stored in {took:.1f} s ({waits} waits)\n"
        f"  steps late: before p50 {statistics.median(late_before):.2f} s, p99"
        f" {p99(late_before):.2f} s; during p50 {statistics.median(late_within):.2f} s, p99"
        f" {p99(late_within):.2f} s\n"
        f"  command centre: before p50 {statistics.median(page_before):.2f} s, p99"
        f" {p99(page_before):.2f} s; during p50 {statistics.median(page_within):.2f} s, p99"
        f" {p99(page_within):.2f} s"
    )
    assert stored == SITES * SAMPLES, "samples were lost"


def main() -> int:
    """Flood the production profile."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks._flood_settings"
    import django  # noqa: PLC0415  # not before the process has its store

    django.setup()
    print(f"{SITES} sites x {SAMPLES} samples over {CONNECTIONS} connections; web and engine here")
    run("PostgreSQL and Redis" if os.environ.get("DATABASE_URL") else "SQLite")
    return 0


if __name__ == "__main__":
    sys.exit(main())
