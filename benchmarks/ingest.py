"""Ingest against the limit of its own store: PostgreSQL by pgbench, SQLite by its group commit.

Server, database and load generator share the machine, so a side that uses less of it leaves more
to the others; both sides of a ratio are measured in turns, several times, and the median counts.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from bcp_portal.shared.ports import free_port
from benchmarks._ingest_profile import print_profile
from tests.servers import postgres_binaries, wait_for_port

ROOT = Path(__file__).resolve().parents[1]
SECONDS = int(os.environ.get("BENCH_SECONDS", "6"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
SERVERS = int(os.environ.get("BENCH_SERVERS", "1"))
CONNECTIONS = 64
SETUP = """
import json, sys
from django.utils import timezone
from assets.models import Region, Site
from telemetry.models import DeviceState
from telemetry.services.device import enrol_device
now = timezone.now()
region, _ = Region.objects.get_or_create(code="BENCH", defaults={"name": "Bench"})
made = []
for n in range(COUNT):
    site, _ = Site.objects.get_or_create(
        code=f"B-{n:04d}", defaults={"name": f"Site {n}", "region": region})
    device, token = enrol_device(site=site, name="device", actor=None, at=now)
    made.append({"pk": device.pk, "node_id": str(device.node_id), "token": token})
print(json.dumps(made))
"""
BODY = (
    '{"kind":"heartbeat","seq":1000000,"at":"2026-01-01T00:00:00+00:00","state":"online",'
    '"period_s":60,"reach":{"gateway":{"ok":true,"rtt_ms":1},"central":{"ok":true,"rtt_ms":31}},'
    '"streams":[{"name":"sales","pending_records":12,"pending_bytes":4096,'
    '"oldest_pending_at":"2026-01-01T00:00:00+00:00"}]}'
)
# The least that has to happen: the samples, and the state of one device, in one statement.
LIMIT = """\\set device random({low}, {high})
WITH stored AS (INSERT INTO telemetry_sample
 (device_id, boot_id, seq, kind, sampled_at, received_at, content_hash, body)
 SELECT :device, '0b0075f0-0000-4000-8000-000000000009', nextval('bench_seq'), 'heartbeat',
 now(), now(), md5(x.body::text), x.body FROM (SELECT b.body::jsonb AS body FROM bench_body b,
 generate_series(1, {rows})) AS x ON CONFLICT DO NOTHING)
UPDATE telemetry_devicestate SET last_received_at = now(), last_sampled_at = now(),
 last_seq = last_seq + 1, reach = (SELECT body::jsonb -> 'reach' FROM bench_body),
 changed_at = now()
 WHERE device_id = :device;
"""


def manage(*words: str, environment: dict[str, str]) -> str:
    """Run one management command."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def prepare(environment: dict[str, str]) -> list[dict[str, str]]:
    """A migrated store with enrolled devices."""
    manage("migrate", "--verbosity", "0", environment=environment)
    told = manage("shell", "-c", SETUP.replace("COUNT", str(CONNECTIONS)), environment=environment)
    devices: list[dict[str, str]] = json.loads(told.strip().splitlines()[-1])
    return devices


@contextmanager
def server(environment: dict[str, str]) -> Iterator[int]:
    """The portal as it is deployed, without access log."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--workers", str(SERVERS), "--log-level", "warning", "--no-access-log",
        "--backlog", "2048",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for_port(port)
        time.sleep(2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


_series = iter(range(1, 1000))


def load(port: int, devices: list[dict[str, str]], connections: int, samples: int) -> dict:
    """What the door acknowledges with so many connections and samples a request."""
    # A new boot each time: what is measured is the usual case, a sequence that goes on.
    chosen = [device | {"boot_id": str(uuid4())} for device in devices[:connections]]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(chosen, file)
        file.flush()
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks._load", str(port), str(SECONDS), str(samples),
             str(next(_series)), file.name],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    result: dict = json.loads(told)
    return result


def pgbench(url: str, *, clients: int, rows: int, devices: list[dict[str, str]]) -> float:
    """Transactions a second that PostgreSQL itself reaches with the same tables."""
    parts = urlsplit(url)
    pks = [int(device["pk"]) for device in devices]
    account = ["--host", parts.hostname or "", "--port", str(parts.port), "--username",
               parts.username or ""]  # fmt: skip
    words = {"env": os.environ | {"PGPASSWORD": parts.password or ""}, "check": True}
    binaries = postgres_binaries()
    # In a table of its own, because pgbench takes a colon in a text for one of its variables.
    body = f"CREATE TABLE IF NOT EXISTS bench_body AS SELECT '{BODY}'::text AS body; "
    subprocess.run(
        [str(binaries / "psql"), *account, "-q", "-c",
         body + "CREATE SEQUENCE IF NOT EXISTS bench_seq CACHE 1000", parts.path.lstrip("/")],
        capture_output=True, **words,
    )  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(LIMIT.format(low=min(pks), high=max(pks), rows=rows))
        file.flush()
        told = subprocess.run(
            [str(binaries / "pgbench"), "--no-vacuum", "--protocol=prepared", "--client",
             str(clients), "--jobs", "2", "--time", str(SECONDS), "--file", file.name, *account,
             parts.path.lstrip("/")],
            capture_output=True, text=True, **words,
        ).stdout  # fmt: skip
    line = next(line for line in told.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


def sqlite_limit(folder: Path, group: int) -> float:
    """Samples a second of a bare SQLite that commits groups of this size, safely."""
    path = folder / "limit.sqlite3"
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE IF NOT EXISTS sample (id INTEGER PRIMARY KEY, device INTEGER, boot TEXT,"
        " seq INTEGER, kind TEXT, sampled_at TEXT, received_at TEXT, hash TEXT, body TEXT,"
        " UNIQUE (device, boot, seq));"
        "CREATE INDEX IF NOT EXISTS by_time ON sample (device, sampled_at);"
        "CREATE TABLE IF NOT EXISTS state (device INTEGER PRIMARY KEY, seq INTEGER, reach TEXT)"
    )
    starts, stored = time.perf_counter(), 0
    first = store.execute("SELECT coalesce(max(seq), 0) FROM sample").fetchone()[0] + 1
    while (spent := time.perf_counter() - starts) < SECONDS:
        rows = [
            (
                n % CONNECTIONS,
                "boot",
                first + stored + n,
                "heartbeat",
                "2026",
                "2026",
                "0" * 32,
                BODY,
            )
            for n in range(group)
        ]
        store.execute("BEGIN IMMEDIATE")
        store.executemany(
            "INSERT INTO sample (device, boot, seq, kind, sampled_at, received_at, hash, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows,
        )  # fmt: skip
        store.executemany(
            "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE "
            "SET seq = excluded.seq, reach = excluded.reach",
            {row[0]: (row[0], row[2], BODY[:100]) for row in rows}.values(),
        )
        store.execute("COMMIT")
        stored += group
    store.close()
    return stored / spent


Line = tuple[str, str, str, str, str]


def compare(
    name: str, ours: Callable[[], dict], limit: Callable[[], float], reach: float, per: int
) -> Line:
    """Measure both in turns; the medians make the ratio."""
    measured, limits = [], []
    for _ in range(REPEATS):
        limits.append(limit())
        measured.append(ours())
    rate = statistics.median(result["requests"] for result in measured)
    most = statistics.median(limits)
    p99 = statistics.median(result["p99_ms"] for result in measured)
    told = f"{rate:,.0f}/s" + (f" ({rate * per:,.0f} samples)" if per > 1 else "")
    return (
        name,
        f"{told}, p99 {p99:.0f} ms",
        f"{most:,.0f}/s",
        f"{rate / most:.2f}",
        f"{reach:.2f}",
    )


def on_postgres(environment: dict[str, str]) -> list[Line]:
    """One and a hundred samples a request against PostgreSQL's own limit."""
    devices, url = prepare(environment), environment["DATABASE_URL"]
    lines = []
    with server(environment) as port:
        for name, connections, samples, clients, reach in (
            ("ingest, 1 sample a request, 64 connections", 64, 1, 16, 0.9),
            ("ingest, 1 sample a request, 16 connections", 16, 1, 16, 0.5),
            ("ingest, 100 samples a request, 64 connections", 64, 100, 4, 0.6),
            ("ingest, 100 samples a request, 16 connections", 16, 100, 4, 0.6),
        ):
            lines.append(
                compare(
                    name,
                    lambda: load(port, devices, connections, samples),  # noqa: B023  # called now
                    lambda: pgbench(url, clients=clients, rows=samples, devices=devices),  # noqa: B023
                    reach,
                    samples,
                )
            )
    return lines


def on_sqlite(environment: dict[str, str]) -> list[Line]:
    """The embedded profile against a bare group commit."""
    folder = Path(tempfile.mkdtemp(prefix="siaga-bench-sqlite-"))
    embedded = environment | {"DATABASE_URL": "", "REDIS_URL": "", "SIAGA_DATA_DIR": str(folder)}
    try:
        devices = prepare(embedded)
        with server(embedded) as port:
            return [
                compare(
                    "the same on SQLite, 1 sample, 64 connections",
                    lambda: load(port, devices, 64, 1),
                    lambda: sqlite_limit(folder, 64),
                    0.4,
                    1,
                )
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Measure, and print the table."""
    environment = dict(os.environ)
    print(
        f"{os.cpu_count()} cores shared by everything; {SERVERS} server process(es), one load "
        f"process; medians of {REPEATS} turns of {SECONDS} s."
    )
    lines = [("work", "measured", "limit", "ratio", "to reach")]
    lines += on_postgres(environment)
    lines += on_sqlite(environment)
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        print(" | ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)))
    print_profile()
    return 0


if __name__ == "__main__":
    sys.exit(main())
