"""The live stream of one process with 1,000 and 4,000 viewers: from the change to the last screen.

Server, database, publisher and viewers share the machine. The time runs from before the change
is written until a viewer has read the event, so it holds the commit, the bell and the look.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from bcp_portal.shared.ports import free_port
from tests.servers import wait_for_port

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bcp_portal.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from bcp_portal.accounts.models import User  # noqa: E402
from bcp_portal.live.services import publish  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
EVENTS = int(os.environ.get("BENCH_EVENTS", "20"))
LIMITS_MS = {1000: 50.0, 4000: 300.0}
PEOPLE = 40


@contextmanager
def server(port: int) -> Iterator[int]:
    """Run one web process as bin/up does; yield its process id."""
    command = [
        sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--ws", "none", "--no-access-log", "--log-level", "warning", "--backlog", "4096",
        "--timeout-graceful-shutdown", "2",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for_port(port, within=60.0)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def sign_in_people() -> list[str]:
    """Make people with different rights and return one session for each."""
    sessions = []
    permissions = list(Permission.objects.all()[:PEOPLE])
    for number in range(PEOPLE):
        user, _ = User.objects.get_or_create(
            username=f"viewer-{number}", defaults={"email": f"viewer-{number}@example.org"}
        )
        user.user_permissions.set(permissions[:number])
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "bcp_portal.accounts.backends.OneQuestionBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        sessions.append(session.session_key)
    return sessions


def measure(port: int, viewers: int, sessions: Path, pid: int) -> dict[str, float]:
    """Let so many viewers hear a series of changes."""
    command = [sys.executable, "-m", "benchmarks._viewers"]
    command += [str(port), str(viewers), str(EVENTS), str(sessions)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as listening:
        assert listening.stdout is not None
        if listening.stdout.readline().strip() != "ready":
            raise SystemExit("the viewers could not all connect")
        time.sleep(1.0)
        began, used = time.monotonic(), processor_ms(pid)
        time.sleep(5.0)
        idle = (processor_ms(pid) - used) / (time.monotonic() - began)
        began, used = time.monotonic(), processor_ms(pid)
        for number in range(EVENTS):
            kind = str(time.monotonic_ns())
            publish(topic=f"bench-{number}", kind=kind, at=timezone.now())
            time.sleep(0.7)
        result: dict[str, float] = json.loads(listening.stdout.readline())
        busy = processor_ms(pid) - used - idle * (time.monotonic() - began)
        result["processor"] = busy / EVENTS
    return result


def processor_ms(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> int:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main() -> int:
    """Measure and print beside the limits."""
    call_command("migrate", verbosity=0)
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the server inherits it
    good, port = True, free_port()
    store = "PostgreSQL and Redis" if os.environ.get("REDIS_URL") else "SQLite, datagrams"
    print(f"live stream, one process, {store}, {EVENTS} changes, milliseconds")
    with tempfile.TemporaryDirectory() as folder, server(port) as pid:
        sessions = Path(folder) / "sessions.json"
        sessions.write_text(json.dumps(sign_in_people()))
        before = memory_kib(pid)
        for viewers, limit in LIMITS_MS.items():
            found = measure(port, viewers, sessions, pid)
            each = (memory_kib(pid) - before) / viewers
            is_met = found["p99"] < limit
            good = good and is_met
            print(
                f"{viewers:>5} viewers: p50 {found['p50']:6.1f}  p99 {found['p99']:6.1f}"
                f"  worst {found['worst']:6.1f}  limit of p99 {limit:5.0f}"
                f"  {'met' if is_met else 'NOT MET'}  ({each:.0f} KiB a viewer,"
                f" {found['processor']:.0f} ms of the processor a change)",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
