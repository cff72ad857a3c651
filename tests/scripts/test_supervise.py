"""The supervisor: the fallen come back, and nobody is left when it goes, however it goes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bcp_portal.supervise import Program, Supervisor

ROOT = Path(__file__).resolve().parents[2]
# A child with a grandchild that has moved to a session of its own.
STRAYING = """
import subprocess, sys, time
stray = subprocess.Popen(["sleep", "300"], start_new_session=True)
open(sys.argv[1], "w").write(str(stray.pid))
time.sleep(300)
"""
SUPERVISING = """
import sys
from pathlib import Path
from bcp_portal.supervise import Program, Supervisor
folder = Path(sys.argv[1])
program = Program("child", (sys.executable, "-c", sys.argv[2], sys.argv[3]), folder / "child.log")
supervisor = Supervisor([program], say=print)
supervisor.stop_on_signals()
supervisor.start()
(folder / "child.pid").write_text(str(supervisor.places[0].process.pid))
supervisor.run()
supervisor.stop(within=1)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, *, within: float = 10.0) -> bool:
    ends = time.monotonic() + within
    while not (met := condition()) and time.monotonic() < ends:
        time.sleep(0.05)
    return met


def read_pid(path: Path) -> int:
    assert wait_until(lambda: path.exists() and path.read_text()), f"{path} was never written"
    return int(path.read_text())


def make_supervisor(folder: Path, *command: str) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    program = Program("child", command, folder / "child.log")
    return Supervisor([program], say=said.append, back_off=(0.05,)), said


def test_a_killed_program_is_started_again_and_said_so(tmp_path):
    supervisor, said = make_supervisor(tmp_path, "sleep", "300")
    supervisor.start()
    first = supervisor.places[0].process

    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    supervisor.tend()
    time.sleep(0.1)
    supervisor.tend()

    second = supervisor.places[0].process
    supervisor.stop()
    assert "killed by SIGKILL" in said[0]
    assert second.pid != first.pid
    assert not is_alive(second.pid)


def test_a_program_that_ignores_the_request_is_killed_in_time(tmp_path):
    supervisor, _ = make_supervisor(tmp_path, "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
    supervisor.start()
    process = supervisor.places[0].process
    time.sleep(0.2)
    began = time.monotonic()

    supervisor.stop(within=0.5)

    assert not is_alive(process.pid)
    assert time.monotonic() - began < 5


def test_the_wait_grows_with_each_fall(tmp_path):
    said: list[str] = []
    program = Program("child", ("false",), tmp_path / "child.log")
    supervisor = Supervisor([program], say=said.append, back_off=(0.01, 0.02, 7.0))
    supervisor.start()

    wait_until(lambda: supervisor.tend() or len(said) == 3)

    supervisor.stop()
    assert [line.partition("again in ")[2].split()[0] for line in said] == ["0.01", "0.02", "7"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan_is_left_however_the_supervisor_ends(tmp_path, how):
    stray_file = tmp_path / "stray.pid"
    supervising = subprocess.Popen(
        [sys.executable, "-c", SUPERVISING, str(tmp_path), STRAYING, str(stray_file)], cwd=ROOT
    )
    child, stray = read_pid(tmp_path / "child.pid"), read_pid(stray_file)
    assert is_alive(child)
    assert is_alive(stray)

    supervising.send_signal(how)
    supervising.wait()

    assert wait_until(lambda: not is_alive(child) and not is_alive(stray))
