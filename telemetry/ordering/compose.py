"""What several orders to one site add up to: the state it should be in now, and at what times next.

A site gets one document, never a queue of commands. The safe side wins: a freeze beats a drain,
a drain beats permission, and whatever no order names runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry.models import OnExpiry, Order, OrderAction

EVERY = "*"
RUN, DRAIN, FREEZE = "run", "drain", "freeze"
_FREEZING = (OrderAction.FREEZE, OrderAction.OFFLINE)
_MODES = (OrderAction.OFFLINE, OrderAction.MAINTENANCE)


@dataclass(frozen=True)
class Wanted:
    """The state of a site at one moment."""

    mode: str
    sync: dict[str, str]
    rate: int | None
    lease_s: int | None
    limits: dict[str, int]


def core_of(orders: Sequence[Order], *, at: datetime) -> dict[str, Any]:
    """Everything a document says but its number and its time: equal cores need no new order."""
    now = wanted_at(orders, at)
    core: dict[str, Any] = {
        "mode": now.mode,
        "sync": now.sync,
        "rate": now.rate,
        "lease": now.lease_s,
        "limits": now.limits,
        "because": [order.code for order in orders],
        "then": _then(orders, now, at=at),
    }
    ending = [order for order in orders if _starts(order, at) and order.expires_at is not None]
    if ending:
        first = min(ending, key=lambda order: (order.expires_at, order.pk))
        core |= {"expires_at": first.expires_at, "on_expiry": first.on_expiry}
    return core


def wanted_at(orders: Iterable[Order], moment: datetime) -> Wanted:
    """What the orders that hold at a moment add up to."""
    holding = [order for order in orders if _holds(order, moment)]
    names = {name for order in holding for name in order.streams} | {EVERY}
    sync = {name: _for_stream(holding, name) for name in sorted(names)}
    permits = [order for order in holding if order.action == OrderAction.PERMIT]
    leases = [order.lease.total_seconds() for order in permits if order.lease is not None]
    rates = [order.rate for order in permits if order.rate is not None]
    return Wanted(
        mode=_mode(holding),
        sync={name: what for name, what in sync.items() if name == EVERY or what != sync[EVERY]},
        rate=min(rates, default=None),
        lease_s=round(min(leases)) if leases else None,
        limits=_tightest([order.limits for order in holding]),
    )


def _tightest(told: Iterable[dict[str, int]]) -> dict[str, int]:
    """Of several limits of one kind the lowest holds."""
    found: dict[str, int] = {}
    for limits in told:
        for name, most in limits.items():
            found[name] = min(most, found.get(name, most))
    return found


def _for_stream(holding: Sequence[Order], name: str) -> str:
    actions = {order.action for order in holding if not order.streams or name in order.streams}
    if actions.intersection(_FREEZING):
        return FREEZE
    if OrderAction.DRAIN in actions:
        return DRAIN
    return FREEZE if OrderAction.HOLD in actions and OrderAction.PERMIT not in actions else RUN


def _mode(holding: Sequence[Order]) -> str:
    actions = {order.action for order in holding}
    return next((str(mode) for mode in _MODES if mode in actions), "normal")


def _starts(order: Order, moment: datetime) -> bool:
    return order.not_before is None or order.not_before <= moment


def _holds(order: Order, moment: datetime) -> bool:
    is_over = order.expires_at is not None and order.expires_at <= moment
    return _starts(order, moment) and not (is_over and order.on_expiry == OnExpiry.REVERT)


def _then(orders: Sequence[Order], now: Wanted, *, at: datetime) -> list[dict[str, Any]]:
    """The states to come, so that a site without a link keeps to them by its own clock."""
    moments = {order.not_before for order in orders} | {order.expires_at for order in orders}
    steps, last = [], now
    for moment in sorted(moment for moment in moments if moment is not None and moment > at):
        wanted = wanted_at(orders, moment)
        if wanted != last:
            step = {"at": moment, "mode": wanted.mode, "sync": wanted.sync}
            steps.append(step | ({"limits": wanted.limits} if wanted.limits else {}))
            last = wanted
    return steps
