"""Keeps a few programs running and takes them all along when it ends, however it ends."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bcp_portal import reaper

BACK_OFF = (1.0, 2.0, 5.0, 15.0, 30.0)
# A program that ran this long is well again: its next fall counts as its first.
WELL_AFTER = 60.0
LOG_LIMIT = 10 * 1024 * 1024
LOOK_EVERY = 0.2


class Reaper:
    """A process apart that ends our children when we die without doing it ourselves."""

    def __init__(self, *, grace: float = 3.0) -> None:
        outer = os.environ.get(reaper.MARK)
        self.mark = "/".join(filter(None, [outer, secrets.token_hex(8)]))
        self.grace = grace
        self._pids: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    def watch(self, pid: int) -> None:
        """Take charge of the process group led by this process."""
        self._pids.add(pid)
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """Leave the group alone from now on: it has ended, its number may be given again."""
        self._pids.discard(pid)
        self._tell(f"-{pid}")

    def close(self) -> None:
        """End the groups that are left, then the reaper itself."""
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process = None

    def _tell(self, line: str) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            # Also after somebody killed it: a new one learns all groups afresh.
            process = self._process = self._start()
            line = "\n".join(f"+{pid}" for pid in self._pids)
        if process.stdin is not None and line:
            process.stdin.write(line + "\n")
            process.stdin.flush()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-I", "-S", reaper.__file__, self.mark, str(self.grace)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)


@dataclass(frozen=True)
class Program:
    """One program to keep running, and the file that keeps its words."""

    name: str
    command: tuple[str, ...]
    log: Path


@dataclass
class Place:
    """Where a program stands: its process, how often it fell, when it starts again."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    falls: int = 0
    again_at: float | None = field(default=None)


class Supervisor:
    """Starts programs in sessions of their own, restarts the fallen, leaves no orphan."""

    def __init__(
        self,
        programs: Iterable[Program],
        *,
        say: Callable[[str], None],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        back_off: tuple[float, ...] = BACK_OFF,
    ) -> None:
        self.reaper = Reaper()
        self.places = [Place(program) for program in programs]
        self.stopping = threading.Event()
        self._say = say
        self._folder = folder
        self._back_off = back_off
        self._environment = {
            **(os.environ if environment is None else environment),
            reaper.MARK: self.reaper.mark,
        }

    def start(self) -> None:
        """Start every program that is not running."""
        for place in self.places:
            if place.process is None:
                self._launch(place)

    def stop_on_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal end the watch."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: self.stopping.set())

    def run(self) -> None:
        """Tend the programs until told to stop."""
        while not self.stopping.wait(LOOK_EVERY):
            self.tend()

    def tend(self) -> None:
        """Look once at every program: notice the fallen, start again those whose time has come."""
        at = time.monotonic()
        for place in self.places:
            if place.process is not None and place.process.poll() is not None:
                self._note_fall(place, at)
            elif place.again_at is not None and place.again_at <= at:
                self._launch(place)

    def stop(self, *, within: float = 3.0) -> None:
        """Ask everything to end, and kill what has not ended in time."""
        self.stopping.set()
        living = [place.process for place in self.places if place.process is not None]
        for process in living:
            process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + within
        for process in living:
            # Nothing is lost with one that lingers: what it had begun is leased and done again.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, ends - time.monotonic()))
        for process in living:
            reaper.end_group(process.pid, signal.SIGKILL)
            process.wait()
            self.reaper.forget(process.pid)
        for place in self.places:
            place.process = None
        # Also catches grandchildren that moved to sessions of their own.
        self.reaper.close()

    def _launch(self, place: Place) -> None:
        program = place.program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        if program.log.exists() and program.log.stat().st_size > LOG_LIMIT:
            program.log.replace(program.log.with_suffix(".old.log"))
        with program.log.open("ab") as log:
            place.process = subprocess.Popen(
                program.command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        place.started_at, place.again_at = time.monotonic(), None
        self.reaper.watch(place.process.pid)

    def _note_fall(self, place: Place, at: float) -> None:
        assert place.process is not None
        status = place.process.returncode
        # Its own children must not outlive it into the next life.
        reaper.end_group(place.process.pid, signal.SIGKILL)
        self.reaper.forget(place.process.pid)
        place.process = None
        place.falls = 1 if at - place.started_at >= WELL_AFTER else place.falls + 1
        wait = self._back_off[min(place.falls, len(self._back_off)) - 1]
        place.again_at = at + wait
        self._say(
            f"{place.program.name} ended ({_meaning(status)}); it starts again in {wait:g} s."
            f" Its last words are in {place.program.log}"
        )


def _meaning(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
