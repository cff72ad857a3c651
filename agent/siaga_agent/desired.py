"""What an order wants at one moment: its steps by our own clock, its lease, its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from siaga_agent.clock import parse_instant
from siaga_agent.store import Json

RUN, DRAIN, FREEZE = "run", "drain", "freeze"
MODES = ("normal", "offline", "maintenance")
EVERY = "*"


@dataclass(frozen=True)
class Wanted:
    """What the site should be doing; `why` is the rung to tell when it is reached."""

    mode: str = "normal"
    sync: dict[str, str] = field(default_factory=dict)
    rung: str = "applied"
    note: str = ""
    limits: Json = field(default_factory=dict)

    def of(self, stream: str) -> str:
        """What one stream should do; working offline stops them all."""
        if self.mode == "offline":
            return FREEZE
        return self.sync.get(stream) or self.sync.get(EVERY) or RUN

    def as_json(self) -> Json:
        """For comparing and keeping."""
        told: Json = {"mode": self.mode, "sync": self.sync, "rung": self.rung}
        return told | ({"limits": self.limits} if self.limits else {})


def wanted_at(order: Json, at: datetime, *, confirmed_at: datetime | None) -> Wanted | None:
    """What the order wants now; None before its time: what was before goes on.

    `confirmed_at`: when headquarters last confirmed that this order still stands. Permission to
    sync is a lease: out of it (or with a clock that went back) the safe side is to stand still.
    """
    begins = _instant(order.get("not_before"))
    if begins is not None and at < begins:
        return None
    wanted = _step(order, at)
    lease = order.get("lease")
    if not isinstance(lease, int | float) or isinstance(lease, bool):
        return wanted
    if confirmed_at is not None and timedelta(0) <= at - confirmed_at <= timedelta(seconds=lease):
        return wanted
    stopped = {name: FREEZE if what == RUN else what for name, what in wanted.sync.items()}
    return Wanted(
        wanted.mode, {EVERY: FREEZE} | stopped, "expired",
        "The permission to sync ran out: headquarters was not heard.", wanted.limits,
    )  # fmt: skip


def _step(order: Json, at: datetime) -> Wanted:
    now, last = order, None
    for moment, step in _steps(order):
        if moment <= at:
            now, last = step, moment
    ends = _instant(order.get("expires_at"))
    if ends is None or at < ends:
        return _wanted(now)
    if order.get("on_expiry") == "hold":
        return _wanted(now, "held", "Its time is over; it is kept until somebody lifts it.")
    if last is None or last < ends:
        return Wanted("normal", {EVERY: RUN}, "expired", "Its time is over.")
    return _wanted(now, "expired", "Its time is over.")


def _steps(order: Json) -> Iterator[tuple[datetime, Json]]:
    told = order.get("then")
    for step in told if isinstance(told, list) else []:
        moment = _instant(step.get("at")) if isinstance(step, dict) else None
        if moment is not None:
            yield moment, step


def _wanted(told: Json, rung: str = "applied", note: str = "") -> Wanted:
    sync = told.get("sync")
    named = sync if isinstance(sync, dict) else {}
    # A word that this version does not know means the safe side.
    known = {str(name): _word(what) for name, what in named.items()}
    mode = str(told.get("mode", "normal"))
    limits = told.get("limits")
    kept = dict(limits) if isinstance(limits, dict) else {}
    return Wanted(mode if mode in MODES else "offline", known, rung, note, kept)


def _word(told: Any) -> str:
    return told if told in (RUN, DRAIN, FREEZE) else FREEZE


def _instant(told: Any) -> datetime | None:
    return parse_instant(told) if isinstance(told, str) else None
