"""What a closed day costs: bytes a sample, and the buffers of one site's day at any history length.

A day of heartbeats as a busy site tells them (five rungs, two streams, application, host, clock)
goes through the real packing; its packs are then copied for months and years of other days, and
PostgreSQL itself says how many buffers one site's day takes (EXPLAIN ANALYZE BUFFERS, detoasted).
"""

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DEVICES, LENGTHS = 20, (30, 365, 1095)
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
MOST_BYTES, MOST_BUFFERS = 35.0, 150
_COPY = """
INSERT INTO telemetry_packedsamples (device_id, boot_id, day, kind, part, first_seq, last_seq,
    count, ranges, prints, body)
SELECT device_id, boot_id, day - n, kind, part, first_seq, last_seq, count, ranges, prints, body
FROM telemetry_packedsamples, generate_series(%s::int, %s::int) AS n WHERE day = %s
"""
_DAY = """
EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT md5(body) FROM telemetry_packedsamples
WHERE device_id IN (%s) AND day IN (%s, %s)
"""
Line = tuple[str, str, str, str, str]


def iso(moment: datetime) -> str:
    """A time as the agent writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def told(noise: random.Random, count: int = 1440) -> list[dict[str, Any]]:
    """A day of one site, minute by minute, with the noise that real numbers have."""
    items, boot = [], BEGINS - timedelta(days=3)
    pending, oldest, synced = 0, BEGINS, BEGINS
    rungs = {"gateway": 1, "dns": 8, "internet": 14, "central": 30, "portal": 33}
    for number in range(count):
        at = BEGINS + timedelta(seconds=60 * number, milliseconds=noise.randint(0, 300))
        if noise.random() < 0.3:
            pending, synced = 0, at - timedelta(seconds=noise.randint(0, 30))
        else:
            oldest = oldest if pending else at - timedelta(seconds=noise.randint(0, 59))
            pending += noise.randint(1, 12)
        waits = {"oldest_pending_at": iso(oldest)} if pending else {}
        up_s = int((at - boot).total_seconds())
        items.append(
            {
                "kind": "heartbeat", "seq": number + 1, "at": iso(at), "state": "online",
                "at_mono_ms": int((at - boot).total_seconds() * 1000), "period_s": 60,
                "reach": {
                    name: {"ok": True, "rtt_ms": rtt + noise.randint(0, rtt)}
                    for name, rtt in rungs.items()
                },
                "streams": [
                    {"name": "sales", "pending_records": pending, "last_sync_ok_at": iso(synced),
                     "pending_bytes": pending * 310 + noise.randint(0, 80), "conflicts_open": 0,
                     **waits},
                    {"name": "stock", "pending_records": pending // 3},
                ],
                "app": {"version": "1.4.2", "p95_ms": 200 + noise.randint(0, 60), "errors_5m": 0,
                        "tx_5m": 40 + noise.randint(-8, 8)},
                "agent": {"version": "0.1", "uptime_s": up_s, "outbox_items": noise.randint(0, 2)},
                "clock": {"offset_ms": noise.randint(-4, 4), "uncertainty_ms": 12,
                          "jumped": False},
            }
        )  # fmt: skip
    return items


def fill() -> tuple[int, float]:
    """A day of every device through the real packing; samples and seconds of packing a device."""
    make, models = import_module("tests.make"), import_module("telemetry.models")
    packing = import_module("telemetry.services.keeping")
    site, noise = make.make_site(), random.Random(1)
    boot = "51e0a7e0-0000-4000-8000-000000000001"
    for _number in range(DEVICES):
        device = make.make_device(site=site)
        models.Sample.objects.bulk_create(
            [
                models.Sample(
                    device=device, boot_id=boot, seq=item["seq"], kind="heartbeat",
                    sampled_at=item["at"], content_hash=f"{noise.getrandbits(128):032x}", body=item,
                    received_at=datetime.fromisoformat(item["at"])
                    + timedelta(milliseconds=noise.randint(20, 400)),
                )
                for item in told(noise)
            ],
            batch_size=2000,
        )  # fmt: skip
    count, starts = models.Sample.objects.count(), time.process_time()
    while packing.pack_days(at=BEGINS + timedelta(days=1, hours=2))[-6:] != "packed":
        pass
    return count, (time.process_time() - starts) / DEVICES


def size(cursor: Any, table: str) -> int:
    """Bytes of a table with its indexes and everything it keeps aside."""
    cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
    cursor.execute("SELECT pg_total_relation_size(%s)", [table])
    return int(cursor.fetchone()[0])


def buffers(cursor: Any, device: int) -> int:
    """What PostgreSQL touches for one device's day (and the day after, where late ones lie)."""
    day = BEGINS.date() - timedelta(days=7)
    cursor.execute(_DAY, [device, day, day + timedelta(days=1)])
    told_plan = cursor.fetchone()[0]
    plan = told_plan if isinstance(told_plan, list) else json.loads(told_plan)
    return int(plan[0]["Plan"]["Shared Hit Blocks"]) + int(plan[0]["Plan"]["Shared Read Blocks"])


def main() -> int:
    """Measure, and print the table."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True
    )
    import django  # noqa: PLC0415  # not before the process has its store

    django.setup()
    connection = import_module("django.db").connection
    count, packing_s = fill()
    lines: list[Line] = [("work", "measured", "limit", "ratio", "to reach")]
    with connection.cursor() as cursor:
        for table, name in (
            ("telemetry_packedsamples", "a closed day, whole"),
            ("telemetry_samplelevel", "its two levels beside it"),
        ):
            each = size(cursor, table) / count
            lines.append(
                (f"bytes a sample, {name}", f"{each:.1f}", f"{MOST_BYTES:.0f}",
                 f"{each / MOST_BYTES:.2f}", "1.00")
            )  # fmt: skip
        lines.append(
            ("packing a device's day (processor)", f"{packing_s * 1000:.0f} ms", "–", "–", "–")
        )
        device = import_module("telemetry.models").Device.objects.order_by("pk")[7].pk
        last = 0
        for length in LENGTHS:
            cursor.execute(_COPY, [last + 1, length, BEGINS.date()])
            last = length
            cursor.execute("VACUUM ANALYZE telemetry_packedsamples")
            touched = buffers(cursor, device)
            lines.append(
                (f"one device's day of {length} days x {DEVICES} devices", f"{touched} buffers",
                 str(MOST_BUFFERS), f"{touched / MOST_BUFFERS:.2f}", "1.00")
            )  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        print(" | ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
