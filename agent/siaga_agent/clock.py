"""What time the device believes it is, and whether that belief has just jumped."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# CLOCK_BOOTTIME goes on counting while the machine sleeps; elsewhere the plain monotonic
# clock has to do, and a sleep then looks like a jump, which is the careful way round.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)
JUMP = timedelta(seconds=2)


def iso(at: datetime) -> str:
    """Write an instant the way the contract wants it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: object) -> datetime | None:
    """Read an instant that somebody else wrote, or None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class Clock:
    """The device's two clocks: the wall, which can be set, and the one that only runs on."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC."""
        return datetime.now(UTC)

    def mono_ms(self) -> int:
        """Milliseconds that no one can set back."""
        seconds = time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
        return int(seconds * 1000)


class JumpWatch:
    """Notices when the wall clock moved by another amount than the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[datetime, int] | None = None

    def jumped(self) -> bool:
        """Say whether the wall clock was set since the last call."""
        now, mono = self._clock.now(), self._clock.mono_ms()
        last, self._last = self._last, (now, mono)
        if last is None:
            return False
        drift = (now - last[0]) - timedelta(milliseconds=mono - last[1])
        return abs(drift) > JUMP


@dataclass(frozen=True)
class ClockReading:
    """How far our wall clock stood from the portal's when we last asked (positive: ahead)."""

    offset_ms: int
    uncertainty_ms: int
    at: datetime

    @property
    def is_sane(self) -> bool:
        """Whether ages computed from our wall clock may be trusted at all."""
        return abs(self.offset_ms) - self.uncertainty_ms < 300_000


def measure(sent: datetime, received: datetime, server: datetime) -> ClockReading:
    """Compare our clock with the server's over one exchange; half the trip is the doubt."""
    trip = max(received - sent, timedelta(0))
    offset = sent + trip / 2 - server
    doubt = trip / 2 + timedelta(milliseconds=1)
    return ClockReading(_ms(offset), _ms(doubt), received)


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
