"""Heartbeats summed over five minutes or an hour: what a chart and a figure still need later."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

FIVE_MINUTES_S, HOUR_S = 300, 3600
SPANS = (FIVE_MINUTES_S, HOUR_S)
Bin = dict[str, Any]
_MOST = ("pending_records", "pending_bytes", "conflicts_open", "inbound_lag_records")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def summed(heartbeats: Iterable[tuple[datetime, Mapping[str, Any]]], *, span_s: int) -> list[Bin]:
    """One bin for each stretch in which something was told, in order; no bin is no telemetry.

    Peaks and not averages for what waits (an average hides the breach), counts for the ladder.
    """
    bins: dict[int, Bin] = {}
    for at, body in heartbeats:
        start = int(at.timestamp()) // span_s * span_s
        if start not in bins:
            bins[start] = {"start": start, "heartbeats": 0, "reach": {}, "streams": {}, "app": {}}
        _add(bins[start], at, body)
    return [bins[start] for start in sorted(bins)]


def merged(parts: Sequence[Iterable[Bin]]) -> list[Bin]:
    """One list of bins out of several that may speak of the same stretch."""
    bins: dict[int, Bin] = {}
    for part in parts:
        for one in part:
            known = bins.get(one["start"])
            bins[one["start"]] = one if known is None else _join(known, one)
    return [bins[start] for start in sorted(bins)]


def begins(one: Bin) -> datetime:
    """When the stretch of a bin begins."""
    return _EPOCH + timedelta(seconds=int(one["start"]))


def waiting(one: Bin) -> int:
    """The most records that waited in it, over all streams."""
    return sum(int(stream.get("pending_records", 0)) for stream in one["streams"].values())


def _add(one: Bin, at: datetime, body: Mapping[str, Any]) -> None:
    one["heartbeats"] += 1
    for name, rung in (body.get("reach") or {}).items():
        counted = one["reach"].setdefault(name, {"asked": 0, "ok": 0, "rtt_ms": 0, "timed": 0})
        counted["asked"] += 1
        counted["ok"] += bool(rung.get("ok"))
        if rung.get("rtt_ms") is not None:
            counted["rtt_ms"] += rung["rtt_ms"]
            counted["timed"] += 1
    for stream in body.get("streams") or ():
        kept = one["streams"].setdefault(stream["name"], {})
        told = {name: stream[name] for name in _MOST if name in stream}
        if oldest := _moment(stream.get("oldest_pending_at")):
            told["oldest_s"] = max(0, int((at - oldest).total_seconds()))
        _keep_most(kept, told)
    app = body.get("app") or {}
    _keep_most(one["app"], {name: app[name] for name in ("p95_ms", "errors_5m") if name in app})


def _join(one: Bin, other: Bin) -> Bin:
    joined: Bin = {
        "start": one["start"],
        "heartbeats": one["heartbeats"] + other["heartbeats"],
        "reach": {name: dict(rung) for name, rung in one["reach"].items()},
        "streams": {name: dict(stream) for name, stream in one["streams"].items()},
        "app": dict(one["app"]),
    }
    for name, rung in other["reach"].items():
        known = joined["reach"].setdefault(name, {})
        for word, number in rung.items():
            known[word] = known.get(word, 0) + number
    for name, stream in other["streams"].items():
        _keep_most(joined["streams"].setdefault(name, {}), stream)
    _keep_most(joined["app"], other["app"])
    return joined


def _keep_most(kept: dict[str, int], told: Mapping[str, int]) -> None:
    for name, number in told.items():
        kept[name] = max(kept.get(name, number), number)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
