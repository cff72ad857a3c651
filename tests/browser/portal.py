"""A whole portal with the demo company and its fleet, as `bin/up` starts it, on a store of its own.

    with running_portal(folder, mail=sink.url) as portal:
        portal.address, portal.passwords["dewi"]

The store follows the profile of the run: an SQLite file in the folder, or a database of its own in
the PostgreSQL of DATABASE_URL with a numbered database of its own in the Redis of REDIS_URL.
"""

import contextlib
import itertools
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from bcp_portal.shared.ports import free_port
from tests.servers import reaper
from tests.template import copy_template_file, own_database, with_path

ROOT = Path(__file__).resolve().parents[2]
# Nothing here asserts a time: this only ends a test that would otherwise wait for ever.
LONG_ENOUGH = 300.0
SIGN_IN = re.compile(r"^\s+(\w+)\s+([0-9a-f]{4}(?:-[0-9a-f]{4}){3})\s", re.MULTILINE)
# One for each portal in turn: what an earlier one left in its queues concerns no later one.
REDIS_DATABASES = itertools.cycle(range(7, 15))
T = TypeVar("T")


class Portal:
    """One running portal: where it is, who may sign in, where its words are."""

    def __init__(self, folder: Path, address: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.address = address
        self.environment = environment

    def manage(self, *words: str) -> str:
        """Run one command of manage.py on its data and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the demo's people by username, as the first start printed them."""
        return dict(SIGN_IN.findall((self.folder / "demo-sign-ins.txt").read_text()))

    def words(self) -> str:
        """What the programs said last, for a test that fails."""
        logs = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in logs)


def wait_until(holds: Callable[[], T], otherwise: str, *, within: float = LONG_ENOUGH) -> T:
    """Ask again and again until something holds, and return it."""
    ends = time.monotonic() + within
    while not (found := holds()):
        if time.monotonic() > ends:
            raise AssertionError(otherwise)
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def running_portal(folder: Path, *, mail: str, fleet: bool = True) -> Iterator[Portal]:
    """Start everything that one machine runs, and take it all along at the end.

    Without the fleet the demo company is there, and none of its sites has an agent.
    """
    copy_template_file(folder)
    with _own_store() as store:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("SIAGA_") and key not in ("DATABASE_URL", "REDIS_URL")
        } | {
            "DJANGO_SETTINGS_MODULE": "bcp_portal.settings",
            "SIAGA_DATA_DIR": str(folder),
            "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
            "SIAGA_BASE_URL": address,
            "SIAGA_EMAIL_URL": mail,
        }
        portal = Portal(folder, address, environment | store)
        if not fleet:
            portal.manage("prepare")
            portal.manage("seed_demo")
        with _up(portal, port):
            yield portal


@contextlib.contextmanager
def _up(portal: Portal, port: int) -> Iterator[None]:
    log = portal.folder / "up.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT, env=portal.environment, stdin=subprocess.DEVNULL,
            stdout=words, stderr=words, start_new_session=True,
        )  # fmt: skip
    reaper().watch(process.pid)
    try:
        wait_until(
            lambda: "Siaga is ready" in log.read_text() or process.poll() is not None,
            "the portal never became ready",
        )
        assert process.poll() is None, log.read_text()
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reaper().forget(process.pid)


@contextlib.contextmanager
def _own_store() -> Iterator[dict[str, str]]:
    """Nothing for the embedded profile; a fresh database beside the suite's for production."""
    if not os.environ.get("DATABASE_URL"):
        yield {}
        return
    with own_database("story") as address:
        redis = os.environ.get("REDIS_URL")
        own = {"REDIS_URL": with_path(redis, str(next(REDIS_DATABASES)))} if redis else {}
        yield {"DATABASE_URL": address} | own
