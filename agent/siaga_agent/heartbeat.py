"""One heartbeat: everything the contract lets a site say about itself at one moment."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from siaga_agent import VERSION
from siaga_agent.clock import Clock, ClockReading, JumpWatch, iso
from siaga_agent.config import AgentConfig
from siaga_agent.host import host_facts
from siaga_agent.outbox import Entry, Outbox
from siaga_agent.shape import LINK, fit
from siaga_agent.state import SiteState
from siaga_agent.store import Json
from siaga_agent.watch import LastLook

MOST_STREAMS = 32


class HeartbeatMaker:
    """Puts the last looks, the ladder and the machine's own facts together."""

    def __init__(self, home: Path, config: AgentConfig, outbox: Outbox, *, clock: Clock) -> None:
        self._home, self.config, self._outbox, self._clock = home, config, outbox, clock
        self._jumps = JumpWatch(clock)
        self._born = time.monotonic()
        self.state = SiteState()

    def make(
        self,
        *,
        reach: Mapping[str, Json],
        looks: Iterable[LastLook],
        period_s: float,
        reading: ClockReading | None,
        ordered_mode: str = "normal",
    ) -> Entry:
        """Describe this moment. A heartbeat that only repeats the last one may be thinned."""
        at = self._clock.now()
        looks = list(looks)
        streams = [stream for look in looks for stream in look.streams.values()]
        changed = self.state.observe(
            # What headquarters ordered counts; without an order, what was set by hand.
            mode=self.config.mode if ordered_mode == "normal" else ordered_mode,
            reach=reach,
            streams=streams,
            frozen=any(look.frozen for look in looks),
            at=at,
        )
        jumped = self._jumps.jumped()
        since = self.state.since or at
        item: Json = {
            "kind": "heartbeat",
            "at": iso(at),
            "at_mono_ms": self._clock.mono_ms(),
            "state": self.state.state,
            "state_since": iso(since),
            "period_s": max(5, round(period_s)),
            "streams": streams[:MOST_STREAMS] or [self._own_stream()],
            "agent": self._agent_facts(),
            "clock": clock_facts(reading, jumped=jumped),
            "host": host_facts(self._home),
        }
        if reach:
            item["reach"] = dict(reach)
        if self.config.link:
            item["link"] = fit(self.config.link, LINK, ())[0]
        for look in looks:
            item |= {
                name: told for name, told in (("app", look.app), ("backup", look.backup)) if told
            }
        return Entry(item, plain=not (changed or jumped))

    def _own_stream(self) -> Json:
        """A site without a sync engine still has one queue: ours."""
        own: Json = {"name": "telemetry", "pending_records": self._outbox.waiting_count()}
        oldest = self._outbox.oldest_waiting_at()
        return own if oldest is None else own | {"oldest_pending_at": _instant(oldest)}

    def _agent_facts(self) -> Json:
        facts: Json = {
            "version": VERSION,
            "uptime_s": int(time.monotonic() - self._born),
            "outbox_items": self._outbox.waiting_count(),
        }
        oldest = self._outbox.oldest_waiting_at()
        return facts if oldest is None else facts | {"outbox_oldest_at": _instant(oldest)}


def clock_facts(reading: ClockReading | None, *, jumped: bool) -> Json:
    """What is known of our own clock."""
    facts: Json = {"jumped": jumped}
    if reading is not None:
        facts |= {
            "offset_ms": reading.offset_ms,
            "uncertainty_ms": max(0, reading.uncertainty_ms),
            "last_sync_at": iso(reading.at),
        }
    return facts


def _instant(timestamp: float) -> str:
    return iso(datetime.fromtimestamp(timestamp, UTC))
