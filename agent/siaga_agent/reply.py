"""What a batch reply tells the device, field by field; a field that makes no sense is absent."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from siaga_agent.clock import parse_instant
from siaga_agent.ranges import Range, read_ranges
from siaga_agent.store import Json

WANTS = ("newest_first", "backfill", "pause")
BLIND_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Reply:
    """One reply, read with care: a broken portal must not break its sites."""

    acked: list[Range] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    server_time: datetime | None = None
    next_heartbeat_s: float | None = None
    phase_s: float | None = None
    want: str = "newest_first"
    orders_epoch: int | None = None
    engine_fresh_at: datetime | None = None
    audit_checkpoint: str | None = None
    tells_freshness: bool = False

    @classmethod
    def read(cls, body: Json) -> Self:
        """Take what is well-formed."""
        want = body.get("want")
        return cls(
            acked=read_ranges(body.get("ack")),
            rejected=_read_rejected(body.get("rejected")),
            server_time=parse_instant(body.get("server_time")),
            next_heartbeat_s=_number(body.get("next_heartbeat_s"), 1, 86400),
            phase_s=_number(body.get("phase_s"), 0, 86400),
            want=want if isinstance(want, str) and want in WANTS else "newest_first",
            orders_epoch=_epoch(body.get("orders_epoch")),
            engine_fresh_at=parse_instant(body.get("engine_fresh_at")),
            audit_checkpoint=_header_text(body.get("audit_checkpoint")),
            tells_freshness="engine_fresh_at" in body,
        )

    def headquarters_blind(self) -> bool:
        """The portal answers, but its engine has not completed a cycle for five minutes.

        Both times come from the portal, so our own clock plays no part.
        """
        if not self.tells_freshness or self.server_time is None:
            return False
        if self.engine_fresh_at is None:
            return True
        return self.server_time - self.engine_fresh_at > BLIND_AFTER


def _read_rejected(told: object) -> dict[int, str]:
    if not isinstance(told, list):
        return {}
    return {
        entry["seq"]: str(entry.get("error", "no reason given"))
        for entry in told
        if isinstance(entry, dict) and type(entry.get("seq")) is int
    }


def _number(told: object, low: float, high: float) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if low <= told <= high else None


def _epoch(told: object) -> int | None:
    return told if type(told) is int and 0 <= told < 2**62 else None


def _header_text(told: object) -> str | None:
    """The checkpoint as one printable line: it travels back as a header."""
    if told is None or told == "":
        return None
    text = told if isinstance(told, str) else json.dumps(told, separators=(",", ":"))
    return text if len(text) <= 2000 and text.isascii() and text.isprintable() else None
