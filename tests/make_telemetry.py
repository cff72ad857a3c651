"""Makers of what devices say."""

import gzip
import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from telemetry.ingest.decode import decode_batch
from telemetry.ingest.plan import Arrival, Outcome
from telemetry.ingest.store import store_group
from telemetry.models import Device
from tests.make import NOON

BOOT = UUID("0b0075f0-0000-4000-8000-000000000001")
OTHER_BOOT = UUID("0b0075f0-0000-4000-8000-000000000002")
_serial = count(1)


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def heartbeat(seq: int = 1, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    streams = fields.pop("streams", [{"name": "sales", "pending_records": 0}])
    base = {"kind": "heartbeat", "seq": seq, "at": iso(at), "state": "online", "streams": streams}
    return base | fields


def sync_session(seq: int = 1, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    base = {
        "kind": "sync_session",
        "seq": seq,
        "at": iso(at),
        "session_id": str(uuid4()),
        "stream": "sales",
        "direction": "push",
        "started_at": iso(at - timedelta(minutes=1)),
        "ended_at": iso(at),
        "outcome": "ok",
    }
    return base | fields


def conflict(seq: int = 1, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    base = {
        "kind": "conflict",
        "seq": seq,
        "at": iso(at),
        "conflict_id": f"conflict-{next(_serial)}",
        "entity": "price",
        "key": "sku-1",
        "versions": [
            {"source": "SBY-02", "rev": "3-a", "values": {"price": 10}},
            {"source": "centre", "rev": "3-b", "values": {"price": 12}},
        ],
    }
    return base | fields


def posture(seq: int = 1, *, at: datetime = NOON, **checks: Any) -> dict[str, Any]:
    return {
        "kind": "posture",
        "seq": seq,
        "at": iso(at),
        "checks": checks or {"disk_encrypted": True},
    }


def order_status(seq: int = 1, *, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    base = {
        "kind": "order_status",
        "seq": seq,
        "at": iso(at),
        "order_id": str(uuid4()),
        "epoch": 1,
        "phase": "applied",
    }
    return base | fields


def batch(
    *items: dict[str, Any],
    node_id: object = None,
    boot_id: UUID = BOOT,
    sent_at: datetime = NOON,
    **fields: Any,
) -> dict[str, Any]:
    base = {
        "schema": "telemetry/1",
        "node_id": str(node_id or uuid4()),
        "boot_id": str(boot_id),
        "sent_at": iso(sent_at),
        "items": list(items),
    }
    return base | fields


def packed(content: object) -> bytes:
    return json.dumps(content).encode()


def zipped(content: object) -> bytes:
    return gzip.compress(packed(content))


def arrival(device: Device, *items: dict[str, Any], at: datetime = NOON, **fields: Any) -> Arrival:
    """What the door makes of a batch that came at `at`, sent at that moment unless said."""
    fields.setdefault("sent_at", at)
    content = batch(*items, node_id=device.node_id, **fields)
    return Arrival.now(device.pk, at, decode_batch(packed(content)))


def send(device: Device, *items: dict[str, Any], at: datetime = NOON, **fields: Any) -> Outcome:
    """Store one batch as the door would."""
    return store_group([arrival(device, *items, at=at, **fields)], at=at)[0]
