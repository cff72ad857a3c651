"""How many audited changes a second eight writers make, and how long a long trail takes to check.

The changes are the smallest real verb, each in its own transaction with its row of the chain, on
PostgreSQL as it commits for real. The check is the shipped verifier on an export's rows.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WRITERS, SECONDS = 8, 10.0
CHANGES_A_SECOND, CHECK_WITHIN_S = 400, 60.0
ROWS = int(os.environ.get("SIAGA_BENCH_ROWS", "1000000"))


def changes_a_second() -> float:
    """Let eight processes change something as often as they can."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True
    )
    command = [sys.executable, "-m", "benchmarks._audit_writer", str(SECONDS)]
    writers = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _number in range(WRITERS)
    ]
    # All of them begin together, however long the slowest took to wake up.
    for writer in writers:
        if writer.stdout is None or writer.stdout.readline().strip() != "ready":
            raise SystemExit("A writer did not come up; what it said stands above.")
    for writer in writers:
        if writer.stdin is not None:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    return sum(int(writer.communicate()[0]) for writer in writers) / SECONDS


def seconds_to_check(rows: int) -> float:
    """Write the rows of an export, and time the shipped verifier on them."""
    from bcp_portal.audit.verifier import GENESIS, row_hash  # noqa: PLC0415  # needs no Django

    with tempfile.TemporaryDirectory(prefix="siaga-bench-audit-") as folder:
        place = Path(folder) / "trail.jsonl"
        link, at = GENESIS, datetime(2026, 1, 1, tzinfo=UTC)
        with place.open("w", encoding="utf-8") as file:
            for seq in range(1, rows + 1):
                row = {
                    "seq": seq, "at": (at + timedelta(seconds=seq)).isoformat(), "actor_id": 7,
                    "actor_name": "Dewi Santoso", "session": "a1b2c3d4", "action": "step.complete",
                    "object_kind": "incidents.runstep", "object_id": str(seq),
                    "object_code": f"INC-{seq % 99} step", "reason": "",
                    "before": {"status": "open"}, "after": {"status": "done", "note": "as planned"},
                    "prev_hash": link,
                }  # fmt: skip
                link = row["hash"] = row_hash(row)
                file.write(json.dumps(row) + "\n")
        began = time.monotonic()
        verifier = ROOT / "bcp_portal" / "audit" / "verifier.py"
        subprocess.run([sys.executable, verifier, place], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began


def main() -> int:
    """Measure both, beside their limits."""
    pace = changes_a_second()
    print(f"audited changes a second, {WRITERS} writers: {pace:.0f} (reach: {CHANGES_A_SECOND})")
    took = seconds_to_check(ROWS)
    limit = CHECK_WITHIN_S * ROWS / 1_000_000
    print(f"checking {ROWS:,} rows with the shipped file: {took:.1f} s (limit: {limit:.0f} s)")
    return 0 if pace >= CHANGES_A_SECOND and took <= limit else 1
