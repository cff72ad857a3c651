"""Desired state from headquarters: fetched, kept, shown - and, in this version, not applied.

Orders are signed (Ed25519); this version cannot check the signature yet, and an order whose
signature nobody has checked must not stop a shop. It is shown to people instead.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from siaga_agent.clock import iso, parse_instant
from siaga_agent.outbox import Entry, Outbox
from siaga_agent.store import Json
from siaga_agent.transport import Portal

EPOCH = "orders_epoch"
KEPT = "orders"


class OldOrderError(Exception):
    """The order is older than one this device has already seen."""


@dataclass(frozen=True)
class DesiredState:
    """The newest order and what is known of it."""

    epoch: int
    order: Json
    fetched_at: datetime


def fetch_orders(outbox: Outbox, portal: Portal, *, at: datetime) -> DesiredState | None:
    """Ask for anything newer than the highest epoch seen; None when there is nothing."""
    answer = portal.get_orders(after=outbox.number(EPOCH))
    if not answer.is_success or not answer.body:
        return None
    order = _newest_order(answer.body)
    if order is None:
        return None
    return accept_order(outbox, order, at=at)


def accept_order(outbox: Outbox, order: Json, *, at: datetime) -> DesiredState:
    """Keep an order, its epoch and our answer together, unless a newer one was seen before."""
    epoch = int(order["epoch"])
    if epoch < outbox.number(EPOCH):
        raise OldOrderError(
            f"Order {epoch} is older than {outbox.number(EPOCH)}, which was seen before."
        )
    entry = _received(order, epoch, at)
    with outbox.transaction():
        if entry is not None:
            outbox.append_all([entry], at=at)
        outbox.put_secret(KEPT, json.dumps({"order": order, "fetched_at": iso(at)}))
        outbox.raise_number(EPOCH, epoch)
    return DesiredState(epoch, order, at)


def present_orders(outbox: Outbox) -> DesiredState | None:
    """The desired state as last heard."""
    text = outbox.secret(KEPT)
    if text is None:
        return None
    kept = json.loads(text)
    fetched_at = parse_instant(kept["fetched_at"])
    if fetched_at is None:
        return None
    return DesiredState(int(kept["order"]["epoch"]), kept["order"], fetched_at)


def _newest_order(body: Json) -> Json | None:
    """Find the order in the answer: plain, in a list, or inside a DSSE envelope."""
    listed = body.get("orders")
    candidates: list[Any] = listed if isinstance(listed, list) else [body.get("order"), body]
    found = [order for order in map(_open_envelope, candidates) if order is not None]
    return max(found, key=lambda order: int(order["epoch"]), default=None)


def _open_envelope(told: Any) -> Json | None:
    if not isinstance(told, dict):
        return None
    if "payload" in told and "epoch" not in told:
        try:
            told = json.loads(base64.b64decode(told["payload"]))
        except (TypeError, ValueError, binascii.Error):
            return None
    if not isinstance(told, dict) or type(told.get("epoch")) is not int or told["epoch"] < 0:
        return None
    return told


def _received(order: Json, epoch: int, at: datetime) -> Entry | None:
    """The first step of the ladder, and the only one this version may claim."""
    try:
        order_id = str(UUID(str(order.get("order_id") or order.get("id"))))
    except ValueError:
        return None
    item: Json = {
        "kind": "order_status",
        "at": iso(at),
        "order_id": order_id,
        "epoch": epoch,
        "phase": "received",
        "channel": "poll",
        "detail": "Shown to the people of the site; this agent does not apply orders yet.",
    }
    return Entry(item, mark=f"order:{order_id}:{epoch}:received")
