"""From OTLP points to a heartbeat of our contract: which metric is which field.

| metric | attribute | field |
|---|---|---|
| `siaga.stream.<field>` | `stream` | the field of that stream, e.g. `pending_records` |
| `siaga.reach` | `rung` | whether that rung of the ladder answered (0 or 1) |
| `siaga.reach.rtt_ms` | `rung` | its round trip |
| `siaga.app.<field>` | | `p95_ms`, `errors_5m`, `tx_5m`, `db_bytes` |
| `siaga.backup.last_ok_time` | | when the last backup worked, in seconds since 1970 |

Fields that end in `_at` of the contract are told as `…_time`, in seconds since 1970.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from telemetry.ingest.otlp import Point

_NUMBERS = {
    "pending_records", "pending_bytes", "pending_value_minor", "inbound_lag_records",
    "conflicts_open", "consecutive_failures",
}  # fmt: skip
_TIMES = {
    "oldest_pending_time": "oldest_pending_at", "last_sync_ok_time": "last_sync_ok_at",
    "pending_expires_time": "pending_expires_at",
}  # fmt: skip
_APP = {"p95_ms", "errors_5m", "tx_5m", "db_bytes"}
_RUNGS = {"gateway", "dns", "internet", "central", "portal"}
_SECONDS = range(4_102_444_800)
Item = dict[str, Any]


def heartbeat_of(points: Iterable[Point]) -> tuple[Item | None, int]:
    """One heartbeat out of an export, without its number, and how many points said nothing to us.

    None when no metric of ours is in it.
    """
    streams: dict[str, Item] = {}
    item: Item = {"kind": "heartbeat", "state": "online"}
    newest = strange = 0
    for point in sorted(points, key=lambda one: one.nanos):
        if _note(item, streams, point):
            newest = max(newest, point.nanos)
        else:
            strange += 1
    if not newest:
        return None, strange
    # A sign of life without a queue: the contract wants one stream, and ours is empty.
    item["streams"] = [{"pending_records": 0, **stream} for stream in streams.values()] or [
        {"name": "otlp", "pending_records": 0}
    ]
    item["at"] = _moment(newest / 1e9)
    return item, strange


def _note(item: Item, streams: dict[str, Item], point: Point) -> bool:
    """Put one point where it belongs; whether it belongs anywhere."""
    words = point.metric.split(".")
    if words[0] != "siaga" or len(words) < 2 or not -1e18 < point.value < 1e18:
        return False
    room, field = words[1], ".".join(words[2:])
    if room == "stream":
        return _stream(streams, field, point)
    if room == "reach":
        return _reach(item, field, point)
    if room == "app" and field in _APP:
        item.setdefault("app", {})[field] = int(point.value)
    elif room == "backup" and field == "last_ok_time" and int(point.value) in _SECONDS:
        item["backup"] = {"last_ok_at": _moment(point.value)}
    else:
        return False
    return True


def _stream(streams: dict[str, Item], field: str, point: Point) -> bool:
    name = point.attributes.get("stream", "")
    if not name or (field not in _NUMBERS and field not in _TIMES):
        return False
    stream = streams.setdefault(name, {"name": name})
    if field in _NUMBERS:
        stream[field] = int(point.value)
    elif point.value > 0 and int(point.value) in _SECONDS:
        # 0 says "nothing waits": the field is left out, as the contract wants.
        stream[_TIMES[field]] = _moment(point.value)
    return True


def _reach(item: Item, field: str, point: Point) -> bool:
    rung = point.attributes.get("rung", "")
    if rung not in _RUNGS or field not in ("", "rtt_ms"):
        return False
    told = item.setdefault("reach", {}).setdefault(rung, {"ok": True})
    told.update({"rtt_ms": int(point.value)} if field else {"ok": point.value >= 1})
    return True


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
