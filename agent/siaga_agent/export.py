"""The outbox as batches in a file: for a stick carried by hand, or to rebuild the centre."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from siaga_agent.clock import Clock, iso
from siaga_agent.home import Home
from siaga_agent.outbox import MAX_BATCH_ITEMS, Stored
from siaga_agent.store import Json


def export_batches(home: Home, out: Path | None, *, everything: bool) -> int:
    """Write one batch per line, each as the portal's endpoint takes it; return the entries.

    What leaves the outbox this way is no longer encrypted, which is why the file is for the
    owner alone.
    """
    if out is None:
        return _write(home, sys.stdout, everything=everything)
    out.touch(mode=0o600)
    out.chmod(0o600)
    with out.open("w") as file:
        return _write(home, file, everything=everything)


def _write(home: Home, file: TextIO, *, everything: bool) -> int:
    count = 0
    for items in _chunks(home, everything=everything):
        batch: Json = {
            "schema": "telemetry/1",
            "node_id": home.config.node_id,
            "boot_id": home.outbox.boot_id,
            "sent_at": iso(datetime.now(UTC)),
            "mono_ms": Clock().mono_ms(),
            "items": [item.numbered() for item in items],
        }
        file.write(json.dumps(batch, separators=(",", ":"), ensure_ascii=False) + "\n")
        count += len(items)
    return count


def _chunks(home: Home, *, everything: bool) -> Iterator[list[Stored]]:
    after = 0
    while True:
        items = home.outbox.stored(after=after, limit=MAX_BATCH_ITEMS, everything=everything)
        if not items:
            return
        yield items
        after = items[-1].seq
