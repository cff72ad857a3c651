"""How late the engine is when 1,000 steps fall due in one second, on both stores.

A real engine in a process of its own; each step of a run writes one row, as the smallest real step
would. Lateness is what the database says: `fired_at` minus `due_at`.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[1]
STEPS = 1000
LEAD_S = 8.0
# P3: p99 on each store.
LIMITS_S = {"PostgreSQL": 2.0, "SQLite": 5.0}
INSERT = (
    "INSERT INTO engine_deadline (kind, subject_id, epoch, loop, step, due_at, next_try_at, state,"
    " attempts, created_at, last_error) VALUES"
    " ('scenario.step', %s, 1, 0, 0, %s, %s, 'waiting', 0, %s, '')"
)
LATE = "SELECT due_at, fired_at FROM engine_deadline WHERE state = 'fired'"
Rows = list[tuple[datetime, datetime]]


class PostgresStore:
    """The database of the production profile."""

    name = "PostgreSQL"

    def __init__(self, environment: dict[str, str]) -> None:
        self._url = environment["DATABASE_URL"]

    def insert(self, rows: list[tuple[object, ...]]) -> None:
        """Add deadlines."""
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            cursor.executemany(INSERT, rows)

    def fired(self) -> Rows:
        """Read when each was due and when it fired."""
        with psycopg.connect(self._url) as connection:
            return list(connection.execute(LATE).fetchall())  # type: ignore[arg-type]


class SqliteStore:
    """The database of the embedded profile."""

    name = "SQLite"

    def __init__(self, environment: dict[str, str]) -> None:
        self._file = Path(environment["SIAGA_DATA_DIR"]) / "siaga.sqlite3"

    def insert(self, rows: list[tuple[object, ...]]) -> None:
        """Add deadlines."""
        plain = [
            tuple(str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in row)
            for row in rows
        ]
        with closing(sqlite3.connect(self._file, timeout=30)) as connection, connection:
            connection.executemany(INSERT.replace("%s", "?"), plain)

    def fired(self) -> Rows:
        """Read when each was due and when it fired."""
        with closing(sqlite3.connect(self._file, timeout=30)) as connection:
            rows = connection.execute(LATE).fetchall()
        return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in rows]


def measure(environment: dict[str, str], open_store: Callable[..., object]) -> tuple[str, list]:
    """Start an engine, let the steps fall due, and return how late each was, in order."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=environment, check=True,
    )  # fmt: skip
    store = open_store(environment)
    engine = subprocess.Popen(
        [sys.executable, "manage.py", "run_engine"],
        cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        starts = datetime.now(UTC) + timedelta(seconds=LEAD_S)
        spread = [starts + timedelta(seconds=number / STEPS) for number in range(STEPS)]
        made = datetime.now(UTC) - timedelta(seconds=1)
        store.insert([(number, due, due, made) for number, due in enumerate(spread)])
        ends = time.monotonic() + 120.0
        while len(rows := store.fired()) < STEPS and time.monotonic() < ends:
            time.sleep(0.5)
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait()
    return store.name, sorted((fired - due).total_seconds() for due, fired in rows)


def main() -> int:
    """Measure both stores and print them beside the limits of promise P3."""
    print(f"{STEPS} steps due within one second, one engine; seconds between due and fired")
    good = True
    stores = [(SqliteStore, ("DATABASE_URL", "REDIS_URL"))]
    if "DATABASE_URL" in os.environ:
        stores.insert(0, (PostgresStore, ()))
    for open_store, without in stores:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "scenario").mkdir()
            environment = {k: v for k, v in os.environ.items() if k not in without} | {
                "DJANGO_SETTINGS_MODULE": "tests.faults.scenario",
                "SIAGA_DATA_DIR": folder,
                "SIAGA_SECRET_KEY": "a key for the benchmark",
                "PYTHONPATH": str(ROOT),
            }
            name, late = measure(environment, open_store)
        limit = LIMITS_S[name]
        p99 = late[int(len(late) * 0.99)] if len(late) == STEPS else float("inf")
        good = good and p99 < limit
        print(
            f"{name:>10}: {len(late)} fired  p50 {late[len(late) // 2]:.2f}  p99 {p99:.2f}"
            f"  worst {late[-1]:.2f}  limit of p99 {limit:.0f}"
            f"  {'met' if p99 < limit else 'NOT MET'}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
