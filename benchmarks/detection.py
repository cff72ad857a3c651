"""One detection cycle over ten thousand sites: the pass over silence, and the rules that ask.

In a calm fleet, in a regional outage, and with a week of history instead of a day; and the same
questions asked as a loop over objects. Each profile runs in a process and a store of its own.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITES = int(os.environ.get("BENCH_SITES", "10000"))
PASSES = 5
# The loop is asked of so many and multiplied: all of them would take minutes.
LOOPED = 500
LIMIT_S = 0.5
BEGINS = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Line = tuple[str, str, str, str, str]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the wall, and those of this processor."""
    wall, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - own


def fill_days(days: int) -> None:
    """What a week of sessions leaves behind: one row for each stream and day."""
    models = import_module("telemetry.models")
    rows = [
        models.SyncDay(
            device_id=pk, stream_name="sales", day=(BEGINS - timedelta(days=day)).date(),
            sessions=96, failed=1 if pk % 50 == 0 else 0, records=9600,
            rejected=2 if pk % 100 == 0 else 0,
        )
        for day in range(days)
        for pk in models.Device.objects.values_list("pk", flat=True)
    ]  # fmt: skip
    models.SyncDay.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


def dress() -> None:
    """Postures, backups, habits: what a real fleet has told."""
    models = import_module("telemetry.models")
    models.DeviceState.objects.update(
        posture={"at": BEGINS.isoformat(), "disk_encrypted": True, "av_running": True},
        backup={"last_ok_at": BEGINS.isoformat(), "encrypted": True, "target": "external_media"},
        app={"version": "1.4.2", "p95_ms": 240, "errors_5m": 0, "tx_5m": 40},
        agent={"version": "0.1", "outbox_items": 1},
    )
    models.StreamState.objects.update(
        pending_records=7, oldest_pending_at=BEGINS, last_sync_ok_at=BEGINS
    )
    models.Stream.objects.update(rpo=timedelta(hours=1))
    devices = models.Device.objects.values_list("pk", flat=True)
    models.SyncHabit.objects.bulk_create(
        [models.SyncHabit(device_id=pk, stream_name="sales") for pk in devices], batch_size=2000
    )
    models.SequenceLedger.objects.bulk_create(
        [
            models.SequenceLedger(
                device_id=pk, boot_id="51e0a7e0-0000-4000-8000-000000000001",
                received=[[1, 5000]], first_received_at=BEGINS, last_received_at=BEGINS,
            )
            for pk in devices
        ],
        batch_size=2000,
    )  # fmt: skip


def gather_statistics() -> None:
    """What the store does by itself within a minute of so many new rows: it counts them."""
    with import_module("django.db").connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def orm_loop(at: datetime) -> int:
    """The same questions, a handful of them, asked of one object after another."""
    models = import_module("telemetry.models")
    found = 0
    for device in models.Device.objects.filter(revoked_at=None)[:LOOPED]:
        state = device.state
        silent = (at - state.last_received_at).total_seconds() > 4.5 * device.heartbeat_every_s
        found += silent and not device.site.offline_is_normal
        found += state.posture.get("disk_encrypted") is False
        found += state.is_forked
        for stream in device.site.streams.all():
            pending = stream.state
            found += bool(
                stream.rpo and pending.oldest_pending_at
                and pending.oldest_pending_at + stream.rpo < at
            )  # fmt: skip
    return found


def run() -> None:
    """Measure in the present store and print JSON."""
    import django  # noqa: PLC0415  # not before the process has its store

    django.setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)
    world = import_module("telemetry.services.simulation")
    plan = import_module("telemetry.simulation").make_plan(SITES, seed=1, begins=BEGINS)
    detect = import_module("telemetry.services.detection").detect
    inspect_fleet = import_module("telemetry.services.inspection").inspect_fleet
    devices = world.lay_out(sites=plan.sites, at=BEGINS)
    dress()
    fill_days(1)
    out: dict[str, object] = {}

    def cycle(name: str, begins: datetime, without: frozenset[int] = frozenset()) -> None:
        passes, asks = [], []
        for number in range(PASSES):
            at = begins + timedelta(seconds=number)
            # A sixtieth of the fleet is heard each second, as in life.
            heard = [pk for n, pk in devices.items() if n % 60 == number and n not in without]
            world.beat(devices=heard, centre_answers=True, at=at)
            passes.append(timed(lambda moment=at: detect(at=moment)))
            asks.append(timed(lambda moment=at: inspect_fleet(at=moment)))
        out[name] = [
            statistics.median(one[place] for one in rows) for rows in (passes, asks)
            for place in (0, 1)
        ]  # fmt: skip

    gather_statistics()
    detect(at=BEGINS)
    inspect_fleet(at=BEGINS)
    cycle("calm", BEGINS + timedelta(seconds=1))
    fill_days(8)
    gather_statistics()
    cycle("a week of history", BEGINS + timedelta(seconds=20))
    region = max((s.region for s in plan.sites if s.region != "R01"), key=lambda code: sum(
        s.region == code for s in plan.sites))  # fmt: skip
    cut = frozenset(s.number for s in plan.sites if s.region == region)
    later = BEGINS + timedelta(minutes=5)
    for second in range(60):
        # Each at its own second of the minute, as in life.
        heard = [pk for n, pk in devices.items() if n % 60 == second and n not in cut]
        at = later - timedelta(seconds=60 - second)
        world.beat(devices=heard, centre_answers=True, at=at)
    detect(at=later)
    cycle(f"outage of {len(cut)} sites", later + timedelta(seconds=1), cut)
    out["loop"] = [spent * SITES / LOOPED for spent in timed(lambda: orm_loop(later))]
    print(json.dumps(out))


def measure(name: str, environment: dict[str, str]) -> list[Line]:
    """Run one profile in its own process; return its lines."""
    command = [sys.executable, "-c", "from benchmarks.detection import run; run()"]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    found = json.loads(told.strip().splitlines()[-1])
    loop_wall, loop_own = found.pop("loop")
    lines: list[Line] = []
    for what, (detect_wall, detect_own, ask_wall, ask_own) in found.items():
        cycle = detect_wall + ask_wall
        words = (
            f"{cycle:.3f} s (pass {detect_wall:.3f}, asking {ask_wall:.3f};"
            f" own processor {detect_own + ask_own:.3f})"
        )
        ratio = f"{cycle / LIMIT_S:.2f}"
        lines.append((f"cycle, {what}, {name}", words, f"{LIMIT_S} s", ratio, "under 1.00"))
    calm = found["calm"]
    words = f"{loop_wall:.1f} s (own processor {loop_own:.1f})"
    times = f"{(calm[0] + calm[2]) / loop_wall:.3f}"
    lines.append((f"4 of the rules as an ORM loop, {name}", words, "-", times, "under 0.10"))
    return lines


def main() -> int:
    """Measure both profiles, and print them beside the limit."""
    print(f"{SITES} sites, all 22 rules, medians of {PASSES} passes; load {os.getloadavg()[0]:.1f}")
    profiles = {"SQLite": {"DATABASE_URL": "", "REDIS_URL": ""}}
    if os.environ.get("DATABASE_URL"):
        profiles = {"PostgreSQL": {"REDIS_URL": ""}} | profiles
    lines: list[Line] = [("work", "measured", "limit", "ratio", "to reach")]
    for name, without in profiles.items():
        folder = Path(tempfile.mkdtemp(prefix="siaga-bench-detection-"))
        own = {"SIAGA_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "bcp_portal.settings"}
        environment = os.environ | without | own
        environment.setdefault("SIAGA_SECRET_KEY", "a key for the benchmark")
        try:
            lines += measure(name, environment)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        print(" | ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)))
    return 0 if all(float(line[3]) < 1 for line in lines[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
