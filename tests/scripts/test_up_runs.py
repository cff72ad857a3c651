"""One command really starts the portal, keeps it alive, and takes everything along when it ends."""

import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from bcp_portal.reaper import MARK
from bcp_portal.shared.ports import free_port
from tests.faults.conftest import IS_PRODUCTION

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        IS_PRODUCTION, reason="starts a store of its own, SQLite: once, with the embedded profile"
    ),
]

ROOT = Path(__file__).resolve().parents[2]


class Running:
    """A portal started by manage.py up, with its words as they come."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.lines: queue.Queue[str] = queue.Queue()
        environment = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
        # An own SQLite also when the suite runs on PostgreSQL: its databases belong to the tests.
        environment.pop("DATABASE_URL", None)
        environment |= {
            "SIAGA_DATA_DIR": str(folder),
            "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
            "SIAGA_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--empty", "--port", str(self.port)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line.rstrip())

    def wait_for(self, words: str, *, within: float = 120.0) -> str:
        ends, said = time.monotonic() + within, []
        while time.monotonic() < ends:
            try:
                said.append(self.lines.get(timeout=0.5))
            except queue.Empty:
                continue
            if words in said[-1]:
                return said[-1]
        raise AssertionError(f"never said {words!r}; said {said}")

    def family(self) -> set[int]:
        """Find every process that lives on this data folder, whoever its parent is by now."""
        wanted = f"SIAGA_DATA_DIR={self.folder}".encode()
        found = set()
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words and any(word.startswith(MARK.encode()) for word in words):
                found.add(int(path.parent.name))
        return found

    def member(self, word: str) -> int:
        for pid in self.family():
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if word.encode() in command:
                return pid
        raise AssertionError(f"no process runs {word}")

    def nobody_is_left(self, *, within: float) -> bool:
        ends = time.monotonic() + within
        while (left := self.family()) and time.monotonic() < ends:
            time.sleep(0.1)
        return not left


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("portal")


def test_the_first_start_ends_with_its_address_and_stops_within_five_seconds(folder):
    portal = Running(folder)
    try:
        assert "password" in portal.wait_for("Sign in as admin")
        ready = portal.wait_for("Siaga is ready")
        assert ready == f"Siaga is ready on http://127.0.0.1:{portal.port}"
        with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/healthz/engine") as answer:
            assert answer.status == 200
        began = time.monotonic()
    finally:
        portal.process.send_signal(signal.SIGINT)
    assert portal.process.wait(10) == 0
    assert time.monotonic() - began < 6
    assert portal.nobody_is_left(within=0)


def test_a_second_start_finds_its_data_and_revives_a_killed_engine(folder):
    portal = Running(folder)
    try:
        portal.wait_for("Siaga is ready")
        os.kill(portal.member("run_engine"), signal.SIGKILL)
        assert "killed by SIGKILL" in portal.wait_for("engine ended")
        time.sleep(3)
        assert portal.member("run_engine")
        refused = Running(folder)
        assert "already runs on the data" in refused.wait_for("already")
        assert refused.process.wait(30) == 2
    finally:
        portal.process.terminate()
    assert portal.process.wait(10) == 0


def test_a_killed_supervisor_leaves_nobody_behind(folder):
    portal = Running(folder)
    portal.wait_for("Siaga is ready")

    portal.process.kill()
    portal.process.wait()

    assert portal.nobody_is_left(within=8)
