"""Alerts stored a second through the webhook door, with two real web workers.

Grafana OnCall stored 23 a second with its two workers on a machine like this one. A delivery is
what Alertmanager sends: a group of alerts; each alert here is new, so each one is stored. What
counts is what the database holds afterwards, not what was answered.
"""

import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bcp_portal.shared.ports import free_port
from tests.servers import wait_for_port

ROOT = Path(__file__).resolve().parents[1]
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
WORKERS = 2
PEER = 23
REACH = 50 * PEER
SETUP = """
from django.utils import timezone
from assets.models import Region, Site
from telemetry.models.webhook_source import WebhookKind
from telemetry.services.webhook import create_webhook_source
region, _ = Region.objects.get_or_create(code="BENCH", defaults={"name": "Bench"})
for n in range(100):
    Site.objects.get_or_create(code=f"B-{n:04d}", defaults={"name": f"Site {n}", "region": region})
print(create_webhook_source(
    name="Bench", kind=WebhookKind.ALERTMANAGER, actor=None, at=timezone.now())[1])
"""


def manage(*words: str) -> str:
    """Run one management command."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def server() -> Iterator[int]:
    """The portal as it is deployed, without access log."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--workers", str(WORKERS), "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    # The demo rooms of the portal lean on the agent.
    paths = os.pathsep.join([str(ROOT / "agent"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})
    try:
        wait_for_port(port)
        time.sleep(3)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def body(series: int, number: int, size: int) -> bytes:
    """One delivery of Alertmanager with this many alerts that nobody has told before."""
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "LinkDown", "severity": "critical",
                       "site": f"B-{n % 100:04d}", "instance": f"till-{n}:9100"},
            "annotations": {"summary": f"The link of till {n} is down"},
            "startsAt": "2026-01-01T00:00:00.000000000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
            "fingerprint": f"{series:04x}{number:08x}{n:04x}",
        }
        for n in range(size)
    ]  # fmt: skip
    return json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()


def whole_answer(line: socket.socket) -> bytes:
    """Read one answer to its end: head and body may come in two pieces."""
    answer = b""
    while True:
        piece = line.recv(65536)
        answer += piece
        head, gap, rest = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        if not piece or (gap and len(rest) >= length):
            return answer


def send(port: int, key: str, series: int, size: int, seconds: float) -> None:
    """Deliver on one connection, the next when the last was answered, until the time is up."""
    head = f"POST /hooks/alertmanager/{key} HTTP/1.1\r\nHost: localhost\r\n"
    head += "Content-Type: application/json\r\nContent-Length: "
    ends, number = time.monotonic() + seconds, 0
    with socket.create_connection(("127.0.0.1", port)) as line:
        while time.monotonic() < ends:
            content = body(series, number, size)
            line.sendall(f"{head}{len(content)}\r\n\r\n".encode() + content)
            answer = whole_answer(line)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"refused: {answer[:400]!r}")
            number += 1


def stored() -> int:
    """How many alerts the database holds."""
    from telemetry.models import Signal  # noqa: PLC0415  # needs Django

    return Signal.objects.count()


_series = iter(range(1, 10_000))


def measure(port: int, key: str, *, connections: int, size: int) -> float:
    """Alerts stored a second while so many connections deliver groups of this size."""
    before, began = stored(), time.monotonic()
    senders = [
        multiprocessing.get_context("spawn").Process(
            target=send, args=(port, key, next(_series), size, SECONDS)
        )
        for _each in range(connections)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return (stored() - before) / (time.monotonic() - began)


def main() -> int:
    """Measure, print, and say by the exit code whether groups as they come reach the aim."""
    import django  # noqa: PLC0415  # after the environment is set

    django.setup()
    manage("migrate", "--verbosity", "0")
    key = manage("shell", "-c", SETUP).strip().splitlines()[-1]
    print(
        f"{os.cpu_count()} cores shared by everything; {WORKERS} web workers, 4 connections; "
        f"medians of {REPEATS} turns of {SECONDS} s; Grafana OnCall with two workers: {PEER}/s"
    )
    reached = {}
    with server() as port:
        for size in (1, 10, 100):
            turns = [measure(port, key, connections=4, size=size) for _each in range(REPEATS)]
            reached[size] = statistics.median(turns)
            print(
                f"alerts stored, {size:3d} a delivery: {reached[size]:8,.0f}/s, "
                f"{reached[size] / PEER:6.0f} times OnCall (to reach with groups: 50)",
                flush=True,
            )
    return 0 if reached[100] >= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
