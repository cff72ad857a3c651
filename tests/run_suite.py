"""Runs the suite on both profiles with private servers, and sums up what each run said."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bcp_portal.reaper import MARK
from bcp_portal.supervise import Reaper
from tests.servers import private_postgres, private_redis
from tests.template import VARIABLE

ROOT = Path(__file__).resolve().parents[1]
# They kill processes, watch clocks or drive browsers: neighbours would disturb them.
ALONE = "faults or engines or durable or slow"
BROWSER = "browser"
FALLEN = re.compile(r"^(FAILED|ERROR) \S+::")
CLOSING = re.compile(r"^=*\s*((?:\d+ \w+|no tests ran).* in \d+\.\d+s.*)")
NOTHING_COLLECTED = 5
STOP_WITHIN = 10.0
PARTS = 4


@dataclass(frozen=True)
class Outcome:
    """How one call of pytest ended."""

    name: str
    status: int
    closing: str
    took: float
    fallen: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        return self.status not in (0, NOTHING_COLLECTED)


def run_pytest(name: str, arguments: list[str], environment: dict[str, str]) -> Outcome:
    """Run pytest, show its words as they come, and keep its closing line."""
    began, closing = time.monotonic(), "no closing line: pytest itself broke"
    fallen: list[str] = []
    print(f"\n--- {name}", flush=True)
    reaper = Reaper(grace=1.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT, env=environment | {MARK: reaper.mark}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    reaper.watch(process.pid)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := CLOSING.match(line):
                closing = match[1].strip(" =")
            elif FALLEN.match(line):
                fallen.append(line.strip()[:200])
        status = process.wait()
    except (KeyboardInterrupt, SystemExit):
        # As Ctrl-C would: pytest ends its fixtures, and with them what they started.
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN)
        raise
    finally:
        reaper.close()
        process.wait()
    return Outcome(name, status, closing, time.monotonic() - began, tuple(fallen))


def workers() -> str:
    return str(max(2, os.cpu_count() or 2))


def parts() -> dict[str, list[str]]:
    """The quick tests side by side, those that need quiet one by one, then pages and long walks."""
    return {
        "together": ["-n", workers(), "--dist", "loadscope", "-m", f"not ({ALONE} or {BROWSER})"],
        "alone": ["-n", "0", "-m", f"({ALONE}) and not {BROWSER} and not story"],
        "browser": ["-n", workers(), "--dist", "loadfile", "-m", f"{BROWSER} and not story"],
        # One whole portal at a time: side by side they are hardly quicker, and starve each other.
        "stories": ["-n", "0", "-m", "story"],
    }


def run_part(profile: str, part: str, arguments: list[str], servers: dict[str, str]) -> Outcome:
    """Run one part of the suite with a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="siaga-test-", ignore_cleanup_errors=True) as folder:
        environment = plain_environment() | servers
        environment |= {
            "SIAGA_DATA_DIR": folder,
            "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
            "SIAGA_TEST_PROFILE": profile,
        }
        options = ["-q", "--durations", "15", "--tb", "short", *parts()[part], *arguments]
        return run_pytest(f"{profile}, {part}", options, environment)


def plain_environment() -> dict[str, str]:
    """Ours without what belongs to a portal."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("SIAGA_") and key not in ("DATABASE_URL", "REDIS_URL")
    }


def migrate(folder: str, servers: dict[str, str]) -> None:
    """Make the tables that the tests of one store begin with."""
    environment = plain_environment() | servers
    environment |= {"SIAGA_DATA_DIR": folder, "SIAGA_SECRET_KEY": secrets.token_urlsafe(48)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdin=subprocess.DEVNULL)


def run_embedded(arguments: list[str]) -> Iterator[Outcome]:
    """Run every part on SQLite, each database a copy of one that is migrated."""
    with tempfile.TemporaryDirectory(prefix="siaga-template-") as folder:
        migrate(folder, {})
        template = {VARIABLE: str(Path(folder) / "siaga.sqlite3")}
        for part in parts():
            yield run_part("embedded", part, arguments, template)


def run_production(arguments: list[str]) -> Iterator[Outcome]:
    """Run every part on a private PostgreSQL and a private Redis, on free loopback ports."""
    with private_postgres() as postgres, private_redis() as redis:
        with tempfile.TemporaryDirectory(prefix="siaga-template-") as folder:
            migrate(folder, {"DATABASE_URL": postgres.create_database("migrated")})
        servers = {"DATABASE_URL": postgres.create_database("siaga"), "REDIS_URL": redis.url()}
        servers |= {VARIABLE: "migrated"}
        quick, *others = parts()
        yield run_part("production", quick, arguments, servers)
        # The quick tests alone can do with a server that need not reach the disk.
        postgres.restart_durably()
        for part in others:
            yield run_part("production", part, arguments, servers)


def stop(*_: object) -> None:
    """End through the with blocks, so that servers and folders go too."""
    raise SystemExit(130)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    wanted = os.environ.get("SIAGA_TEST_PROFILE", "both")
    began, outcomes, runs = time.monotonic(), [], []
    if wanted in ("both", "production"):
        # What knows no profile runs once, with the embedded one: the branch side, the bare fold,
        # the walk through all drills (what it leads to is tested with both).
        alone = ("tests/agent", "tests/offline/test_schedules.py", "tests/browser/test_drills.py")
        once = [f"--ignore={path}" for path in alone]
        once = once if wanted == "both" else []
        runs.append(run_production([*once, *arguments]))
    if wanted in ("both", "embedded"):
        runs.append(run_embedded(arguments))
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        # Both profiles' quick tests first: most of what is wrong is known before the long ones.
        outcomes.extend(chain.from_iterable(zip(*runs, strict=True)))
    took = int(time.monotonic() - began)
    for outcome in outcomes:
        for line in outcome.fallen:
            print(f"{outcome.name}: {line}")
    print("\n" + "-" * min(100, shutil.get_terminal_size().columns))
    for outcome in outcomes:
        print(f"{outcome.name:<22} {outcome.closing}")
    bad = [outcome.name for outcome in outcomes if outcome.is_bad]
    expected = PARTS * (1 if wanted != "both" else 2)
    if len(outcomes) < expected:
        bad.append("interrupted")
    if all(outcome.status == NOTHING_COLLECTED for outcome in outcomes):
        bad.append("no test was found")
    verdict = f"FAILED: {', '.join(bad)}" if bad else "all passed"
    print(f"bin/test: {verdict}; {took // 60} min {took % 60} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
