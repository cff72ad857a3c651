"""The contract's shapes, as tables: what an adapter says is fitted to them before it is stored.

A source that adds a field or writes a long text must not cost the portal's trust in the rest,
so what does not fit is left out and named; only a missing required field loses the item.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

Reader = Callable[[Any], Any]


MOST = 2**63 - 1
DEEPEST = 32


class ShapeError(ValueError):
    """The value does not fit the contract."""


def count(value: Any) -> int:
    """A whole number that is not negative."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= MOST:
        raise ShapeError("must be a whole number, 0 or more")
    return int(value)


def whole(value: Any) -> int:
    """A whole number."""
    if type(value) is not int or abs(value) > MOST:
        raise ShapeError("must be a whole number")
    return int(value)


def instant(value: Any) -> str:
    """A time with its zone."""
    at = parse_instant(value)
    if at is None:
        raise ShapeError("must be an RFC 3339 time with its zone")
    return iso(at)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ShapeError("must be true or false")
    return value


def uuid(value: Any) -> str:
    """A UUID."""
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        raise ShapeError("must be a UUID") from error


def text(longest: int) -> Reader:
    """A text, cut to what fits."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise ShapeError("must be a text")
        return value.encode(errors="replace").decode()[:longest]

    return read


def one_of(*words: str) -> Reader:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ShapeError(f"must be one of {', '.join(words)}")
        return str(value)

    return read


def pattern(expression: str) -> Reader:
    """A text of one form."""
    compiled = re.compile(expression)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ShapeError(f"must match {expression}")
        return value

    return read


def list_of(reader: Reader, *, most: int) -> Reader:
    """The first so many of a list."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ShapeError("must be a list")
        return [reader(entry) for entry in value[:most]]

    return read


def record(fields: Mapping[str, Reader], *, required: tuple[str, ...] = ()) -> Reader:
    """An object with exactly these fields; others are left out."""

    def read(value: Any) -> Json:
        fitted, _ = fit(value, fields, required)
        return fitted

    return read


def free(value: Any) -> Json:
    """Any object that can be written as JSON and read again anywhere."""
    if not isinstance(value, dict) or _is_deeper(value, DEEPEST):
        raise ShapeError("must be an object, and not nested too deep")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ShapeError("must not hold NaN or infinity") from error
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(entry, levels - 1) for entry in inner)


def fit(
    value: Any, fields: Mapping[str, Reader], required: tuple[str, ...]
) -> tuple[Json, list[str]]:
    """Fit one object to a table; return it with what had to be left out."""
    if not isinstance(value, dict):
        raise ShapeError("must be an object")
    fitted: Json = {}
    problems = [f"{name}: unknown" for name in value if name not in fields]
    for name, reader in fields.items():
        if value.get(name) is None:
            continue
        try:
            fitted[name] = reader(value[name])
        except ShapeError as error:
            problems.append(f"{name}: {error}")
    if missing := [name for name in required if name not in fitted]:
        raise ShapeError(f"{', '.join(missing)} missing or wrong ({'; '.join(problems)})")
    return fitted, problems


DIGEST = record(
    {
        "alg": one_of("sha256-merkle", "sha256-sorted", "xxh64-sum"),
        "value": text(128),
        "rows": count,
        "scope": text(64),
        "as_of": text(128),
    },
    required=("alg", "value", "rows"),
)
_HLC = pattern(r"[0-9]{13}-[0-9a-f]{4}-[0-9a-zA-Z_-]{1,32}")
_LEASE = record(
    {"sku": text(64), "granted": count, "used": count, "expires_at": instant},
    required=("sku", "granted", "used"),
)
_ERROR = record({"code": text(40), "count": count, "sample": text(300)}, required=("code", "count"))
_VERSION = record(
    {
        "source": text(128),
        "rev": text(256),
        "hlc": text(64),
        "wall_at": instant,
        "uncertainty_ms": count,
        "values": free,
        "values_digest": text(128),
        "base": free,
        "role": text(64),
        "jumped": flag,
    },
    required=("source", "rev"),
)

STREAM: Mapping[str, Reader] = {
    "name": text(64),
    "criticality": one_of("critical", "important", "normal", "low"),
    "pending_records": count,
    "pending_bytes": count,
    "oldest_pending_at": instant,
    "pending_expires_at": instant,
    "pending_value_minor": whole,
    "currency": pattern("[A-Z]{3}"),
    "inbound_lag_records": count,
    "last_sync_ok_at": instant,
    "last_seq": text(256),
    "conflicts_open": count,
    "consecutive_failures": count,
    "digest": DIGEST,
    "leases": list_of(_LEASE, most=100),
}
_BASE: Mapping[str, Reader] = {"at": instant, "at_mono_ms": count, "hlc": _HLC}
SESSION: Mapping[str, Reader] = {
    **_BASE,
    "session_id": uuid,
    "stream": text(64),
    "peer": text(128),
    "engine": one_of(
        "syncthing", "couchdb", "postgres", "litestream", "powersync", "couchbase", "custom"
    ),
    "direction": one_of("push", "pull", "both"),
    "trigger": one_of("schedule", "manual", "reconnect", "order"),
    "started_at": instant,
    "ended_at": instant,
    "duration_ms": count,
    "outcome": one_of("ok", "partial", "failed", "aborted", "refused_by_order"),
    "records_out": count,
    "records_in": count,
    "bytes_out": count,
    "bytes_in": count,
    "rejected": count,
    "duplicates": count,
    "digest_before": DIGEST,
    "digest_after": DIGEST,
    "digest_peer_after": DIGEST,
    "conflicts": record({"opened": count, "auto_resolved": count, "flagged": count}),
    "errors": list_of(_ERROR, most=20),
    "order_epoch": count,
    "lease_id": text(64),
}
CONFLICT: Mapping[str, Reader] = {
    **_BASE,
    "conflict_id": text(128),
    "session_id": uuid,
    "entity": text(64),
    "key": text(256),
    "fields": list_of(text(64), most=64),
    "versions": list_of(_VERSION, most=8),
    "provisional_winner": count,
    "rule": text(64),
    "critical": flag,
}
APP: Mapping[str, Reader] = {
    "version": text(40),
    "p95_ms": count,
    "errors_5m": count,
    "tx_5m": count,
    "db_bytes": count,
}
BACKUP: Mapping[str, Reader] = {
    "last_ok_at": instant,
    "bytes": count,
    "target": one_of("local_disk", "external_media", "remote", "none"),
    "encrypted": flag,
    "verified_at": instant,
}
LINK: Mapping[str, Reader] = {
    "isp": text(64),
    "asn": count,
    "medium": one_of("fiber", "cable", "cellular", "satellite", "vpn", "lan", "unknown"),
    "metered": flag,
}
STREAM_NEEDS = ("name", "pending_records")
SESSION_NEEDS = ("session_id", "stream", "direction", "started_at", "outcome")
CONFLICT_NEEDS = ("conflict_id", "entity", "key", "versions")
