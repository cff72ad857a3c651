"""A small, real store-and-forward sync for demo sites: its rows, its digests, its agent settings.

`till` sells and queues, `till_central` receives. Nothing is pretended: with the link cut the
queue grows, with a corrupted batch the digests differ.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

STREAM = "sales"
SKUS = (
    ("OLI-10W40-1L", 78_000),
    ("BUSI-IRIDIUM", 96_500),
    ("AKI-45AH", 815_000),
    ("KAMPAS-REM-DPN", 187_000),
    ("FILTER-UDARA", 64_000),
    ("BAN-185-65R15", 742_000),
    ("WIPER-22", 58_500),
    ("LAMPU-H4", 45_000),
)


def row_hash(sale: Json) -> str:
    """The fingerprint of one sale, the same on both sides."""
    told = json.dumps(
        [sale["sale_id"], sale["sku"], sale["quantity"], sale["amount_minor"], sale["sold_at"]],
        separators=(",", ":"),
    )
    return hashlib.sha256(told.encode()).hexdigest()


def digest_of(hashes: Iterable[str], scope: str) -> Json:
    """sha256-sorted: independent of the order in which rows arrived."""
    sorted_hashes = sorted(hashes)
    whole = hashlib.sha256("\n".join(sorted_hashes).encode()).hexdigest()
    return {"alg": "sha256-sorted", "value": whole, "rows": len(sorted_hashes), "scope": scope}


def day_of(sale: Json) -> str:
    """The scope a sale is summed up in: its UTC day, so that digests stay cheap."""
    return str(sale["sold_at"])[:10]


def till_adapter(
    home: Path, *, stream: str = STREAM, criticality: str = "critical", python: str = sys.executable
) -> Json:
    """The entry for `adapters` in agent.json that looks after the till at `home`."""
    base = [python, "-m", "siaga_agent.till", "--home", str(home)]
    return {
        "kind": "command",
        "name": f"till:{stream}",
        "streams": [stream],
        "command": [*base, "--status", "--stream", stream, "--criticality", criticality],
        "freeze": [*base, "--freeze"],
        "thaw": [*base, "--thaw"],
        "timeout_s": 20,
    }
