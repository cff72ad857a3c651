"""Desired state from headquarters: fetched, checked, kept under a number that never falls."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from siaga_agent.clock import iso, parse_instant
from siaga_agent.outbox import Entry, Outbox
from siaga_agent.sealed import BadSealError, open_sealed, read_document
from siaga_agent.store import Json
from siaga_agent.transport import Portal

EPOCH = "orders_epoch"
KEPT = "orders"
SITE = "orders_site"


class OrderRejectedError(Exception):
    """The order does not count here: not sealed by headquarters, or for somebody else."""


class OldOrderError(OrderRejectedError):
    """The order is older than one this device has already seen."""


@dataclass(frozen=True)
class Trust:
    """Whom this device obeys, and whose orders are meant for it."""

    key: str = ""
    site: str = ""


@dataclass(frozen=True)
class DesiredState:
    """The newest order and what is known of it; only a verified one is ever applied."""

    epoch: int
    order: Json
    fetched_at: datetime
    is_verified: bool = False


def fetch_orders(
    outbox: Outbox,
    portal: Portal,
    *,
    trust: Trust,
    at: datetime,
    on_answer: Callable[[Json], object] = lambda body: None,
) -> DesiredState | None:
    """Ask for anything newer than the highest epoch seen; None when there is nothing.

    `on_answer` gets the whole answer, which carries more than orders.
    """
    # What was told in words is coarse: the same order in full takes its place.
    answer = portal.get_orders(after=outbox.number(EPOCH) - _by_words(present_orders(outbox)))
    if not answer.is_success or not answer.body:
        return None
    on_answer(answer.body)
    newest = max(_candidates(answer.body), key=_claimed_epoch, default=None)
    if newest is None or _claimed_epoch(newest) < 0:
        return None
    return accept_order(outbox, newest, trust=trust, at=at)


def accept_order(
    outbox: Outbox, told: Mapping[str, Any], *, trust: Trust, at: datetime, channel: str = "poll"
) -> DesiredState | None:
    """Keep an order, its epoch and our answer together, unless something is wrong with it.

    None: this very order was known. A device without a pinned key keeps the order for people to
    read; its number is not believed, or anybody could make us deaf to the true ones.
    """
    document = _read(told)
    if not trust.key:
        return _keep_unverified(outbox, document, at=at, channel=channel)
    try:
        document = open_sealed(told, key=trust.key)
        _check_site(outbox, document, trust)
        is_known = _is_known(outbox, document)
    except (BadSealError, OrderRejectedError) as error:
        _say(outbox, document, "rejected", at=at, channel=channel, detail=str(error))
        raise (
            error if isinstance(error, OrderRejectedError) else OrderRejectedError(str(error))
        ) from error
    if is_known:
        return None
    return keep_verified(outbox, document, at=at, channel=channel)


def keep_verified(outbox: Outbox, document: Json, *, at: datetime, channel: str) -> DesiredState:
    """From now on this is what headquarters wants, and nothing older is ever taken again."""
    epoch = int(document["epoch"])
    with outbox.transaction():
        for phase in ("received", "verified"):
            _say(outbox, document, phase, at=at, channel=channel)
        kept = {"order": document, "fetched_at": iso(at), "is_verified": True}
        outbox.put_secret(KEPT, json.dumps(kept))
        outbox.put_secret(SITE, str(document.get("site", "")))
        outbox.raise_number(EPOCH, epoch)
    return DesiredState(epoch, document, at, is_verified=True)


def present_orders(outbox: Outbox) -> DesiredState | None:
    """The desired state as last heard."""
    text = outbox.secret(KEPT)
    if text is None:
        return None
    kept = json.loads(text)
    fetched_at = parse_instant(kept["fetched_at"])
    if fetched_at is None:
        return None
    order = kept["order"]
    return DesiredState(
        int(order["epoch"]), order, fetched_at, is_verified=kept.get("is_verified") is True
    )


def status_entry(
    document: Json, phase: str, *, at: datetime, channel: str = "poll", detail: str = "",
    mark: str = "",
) -> Entry | None:  # fmt: skip
    """One rung of the ladder, told once for each mark; None for an order without an identity."""
    try:
        order_id = str(UUID(str(document.get("order_id") or document.get("id"))))
        epoch = int(document["epoch"])
    except (ValueError, KeyError, TypeError):
        return None
    item: Json = {
        "kind": "order_status",
        "at": iso(at),
        "order_id": order_id,
        "epoch": epoch,
        "phase": phase,
        "channel": channel,
    }
    if detail:
        item["detail"] = detail[:300]
    return Entry(item, mark=f"order:{order_id}:{epoch}:{phase}:{mark}")


def _say(
    outbox: Outbox, document: Json, phase: str, *, at: datetime, channel: str, detail: str = ""
) -> None:
    entry = status_entry(document, phase, at=at, channel=channel, detail=detail)
    if entry is not None:
        outbox.append_all([entry], at=at)


def _keep_unverified(
    outbox: Outbox, document: Json, *, at: datetime, channel: str
) -> DesiredState | None:
    known = present_orders(outbox)
    if known is not None and (known.is_verified or known.order == document):
        return None
    detail = "Shown to the people of the site; this device knows no key and applies nothing."
    with outbox.transaction():
        _say(outbox, document, "received", at=at, channel=channel, detail=detail)
        outbox.put_secret(KEPT, json.dumps({"order": document, "fetched_at": iso(at)}))
    return DesiredState(int(document["epoch"]), document, at)


def _check_site(outbox: Outbox, document: Json, trust: Trust) -> None:
    """An order for another site is refused; who was never told its site learns it once."""
    own = trust.site or outbox.secret(SITE) or document.get("site")
    if document.get("site") != own:
        raise OrderRejectedError(f"It is for {document.get('site')}, and this is {own}.")


def _is_known(outbox: Outbox, document: Json) -> bool:
    epoch, highest = int(document["epoch"]), outbox.number(EPOCH)
    if epoch > highest:
        return False
    known = present_orders(outbox)
    if epoch == highest and known is not None:
        if known.order == document:
            return True
        if _by_words(known):
            return False
    raise OldOrderError(f"Order {epoch} is not newer than {highest}, which was seen before.")


def _by_words(state: DesiredState | None) -> bool:
    return state is not None and state.order.get("by_words") is True


def _candidates(body: Json) -> Iterator[Mapping[str, Any]]:
    """What may be an order in the answer: in a list, alone, or the answer itself."""
    listed = body.get("orders")
    found = listed if isinstance(listed, list) else [body.get("order"), body]
    return (told for told in found if isinstance(told, dict))


def _claimed_epoch(told: Mapping[str, Any]) -> int:
    try:
        return int(_read(told)["epoch"])
    except OrderRejectedError:
        return -1


def _read(told: Mapping[str, Any]) -> Json:
    """The document, still unchecked: from an envelope, or as it stands."""
    try:
        document = read_document(told) if "payload" in told else dict(told)
    except BadSealError as error:
        raise OrderRejectedError(str(error)) from error
    if type(document.get("epoch")) is not int or document["epoch"] < 0:
        raise OrderRejectedError("It has no number.")
    return document
