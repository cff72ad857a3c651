"""Real engines and workers on a store of their own, and the ways to hurt them."""

import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.servers import PostgresServer, RedisServer, reaper

ROOT = Path(__file__).resolve().parents[2]
# Nothing here asserts a time: this only ends a test that would otherwise wait for ever.
LONG_ENOUGH = 180.0
WORKER = (
    "-m", "celery", "-A", "bcp_portal", "worker", "--pool", "threads", "--concurrency", "2",
    "--loglevel", "INFO", "--without-gossip", "--without-mingle",
)  # fmt: skip


class Place:
    """A database, perhaps a Redis, a data folder, and the processes that share them."""

    def __init__(
        self, folder: Path, *, postgres: PostgresServer | None, redis: RedisServer | None
    ) -> None:
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        self.processes: list[Process] = []
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("SIAGA_") and key not in ("DATABASE_URL", "REDIS_URL")
        } | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.scenario",
            "SIAGA_DATA_DIR": str(folder),
            "SIAGA_SECRET_KEY": "a key for the processes under fire",
            "SIAGA_LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / "scenario").mkdir(exist_ok=True)
        if redis is not None:
            self.environment["REDIS_URL"] = redis.url()

    @property
    def is_postgres(self) -> bool:
        return self.postgres is not None

    # -- processes

    def engine(self, name: str = "engine-1", *, program: str = "manage.py") -> "Process":
        return self.start(name, program, "run_engine", "--name", name)

    def worker(self) -> "Process":
        worker = self.start("worker", *WORKER)
        self.until(lambda: "ready." in worker.log.read_text(), "the worker never got ready")
        return worker

    def start(self, name: str, *arguments: str) -> "Process":
        process = Process(name, self.folder / f"{name}-{secrets.token_hex(2)}.log")
        with process.log.open("ab") as log:
            process.popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        reaper().watch(process.pid)
        self.processes.append(process)
        return process

    def run(self, *arguments: str) -> int:
        process = self.start("once", *arguments)
        return process.popen.wait(LONG_ENOUGH)

    def close(self) -> None:
        for process in self.processes:
            process.kill()

    # -- rows

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """Ask or change the database past Django; while it is down, keep asking."""
        ends = time.monotonic() + LONG_ENOUGH
        while True:
            try:
                return self._sql(statement, *values)
            except (psycopg.OperationalError, sqlite3.OperationalError):
                if time.monotonic() > ends:
                    raise
                time.sleep(0.05)

    def number(self, statement: str, *values: object) -> int:
        return self.sql(statement, *values)[0][0]

    def add_runs(self, count: int, *, steps: int, due_in: float = -7200.0, first: int = 1) -> None:
        made = datetime.now(UTC) - timedelta(seconds=7200)
        due = datetime.now(UTC) + timedelta(seconds=due_in)
        insert = (
            "INSERT INTO engine_deadline (kind, subject_id, epoch, loop, step, due_at,"
            " next_try_at, state, attempts, created_at, last_error)"
            " VALUES ('scenario.step', %s, %s, 0, 0, %s, %s, 'waiting', 0, %s, '')"
        )
        for subject in range(first, first + count):
            self.sql(insert, subject, steps, due, due, made)

    def add_calls(self, count: int) -> None:
        due = datetime.now(UTC) - timedelta(hours=2)
        for subject in range(1, count + 1):
            self.sql(
                "INSERT INTO engine_job (uid, kind, subject_id, key, state, queued_at, due_at,"
                " attempts, unknown_ends, lease_by, last_error)"
                " VALUES (%s, 'scenario.call', %s, %s, 'waiting', %s, %s, 0, 0, '', '')",
                secrets.token_hex(16), subject, f"scenario.call:{subject}", due, due,
            )  # fmt: skip

    def steps_done(self) -> int:
        return self.number("SELECT count(*) FROM live_liveevent WHERE topic LIKE 'run:%%'")

    def doubles(self) -> list[tuple]:
        return self.sql(
            "SELECT topic, kind, count(*) FROM live_liveevent GROUP BY topic, kind"
            " HAVING count(*) > 1"
        )

    def unfinished(self) -> int:
        return self.number("SELECT count(*) FROM engine_job WHERE state IN ('waiting', 'leased')")

    def cycles(self) -> int:
        rows = self.sql("SELECT runs FROM engine_sweepmark WHERE name = 'engine.cycle'")
        return rows[0][0] if rows else 0

    def wait_for_cycles(self, count: int) -> None:
        """Let some engine look at everything so many times more."""
        wanted = self.cycles() + count
        self.until(lambda: self.cycles() >= wanted, "no engine turns")

    # -- the outside

    def sent(self) -> list[dict]:
        """Calls that have left the building, in order."""
        path = self.folder / "scenario" / "sent"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def raise_flag(self, name: str) -> Path:
        flag = self.folder / "scenario" / name
        flag.touch()
        return flag

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        ends = time.monotonic() + LONG_ENOUGH
        while not holds():
            if time.monotonic() > ends:
                raise AssertionError(f"{otherwise}\n{self._last_words()}")
            time.sleep(0.03)

    def _last_words(self) -> str:
        return "\n".join(
            f"--- {process.log.name}\n{process.log.read_text()[-1500:]}"
            for process in self.processes
        )

    def _sql(self, statement: str, *values: object) -> list[tuple]:
        if self.postgres is not None:
            with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
                cursor = connection.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        plain = [str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in values]
        file = self.folder / "siaga.sqlite3"
        with contextlib.closing(sqlite3.connect(file, timeout=10)) as connection, connection:
            text = statement.replace("%s", "?").replace("%%", "%")
            return connection.execute(text, plain).fetchall()


class Process:
    """One process of the portal and what it said."""

    popen: subprocess.Popen

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """kill -9, children and all."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()
        reaper().forget(self.pid)

    def stop(self) -> int:
        """Ask it to end and return its status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(LONG_ENOUGH)


@contextlib.contextmanager
def fresh_place(
    folder: Path, template: Path | str, postgres: PostgresServer | None, redis: RedisServer | None
) -> Iterator[Place]:
    """Open a place with migrated tables and nothing in them."""
    place = Place(folder, postgres=postgres, redis=redis)
    if postgres is not None:
        name = f"fault_{secrets.token_hex(4)}"
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        place.environment["DATABASE_URL"] = postgres.url(name)
    else:
        (folder / "siaga.sqlite3").write_bytes(Path(template).read_bytes())
    try:
        yield place
    finally:
        place.close()
