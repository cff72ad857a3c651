"""The clocks of a conflict drawn on one scale: each an interval in which the side was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from telemetry.conflicts.versions import Version

WIDTH, LEAST = 1000, 6
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class ClockBar:
    """One side's interval; numbers are units of a drawing 1,000 wide."""

    letter: str
    source: str
    at: datetime | None
    x: int
    width: int
    middle: int
    give_or_take: str
    is_jumped: bool
    is_measured: bool


@dataclass(frozen=True)
class ClockView:
    """All bars, the ends of the scale, and what follows from them."""

    bars: list[ClockBar]
    begins: datetime | None
    ends: datetime | None
    span: str
    verdict: str
    tone: str


def milliseconds(value: int | None) -> str:
    """A measured uncertainty, short."""
    if value is None:
        return _("not measured")
    return (
        f"± {value} ms" if value < 1000 else f"± {format_duration(timedelta(milliseconds=value))}"
    )


def _moment(value: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / 1000, UTC) if value is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def draw_clocks(versions: Sequence[Version]) -> ClockView:
    """Put every side on one scale."""
    edges = [
        edge
        for version in versions
        if version.written_ms is not None
        for edge in (version.interval or (version.written_ms, version.written_ms))
    ]
    low, high = (min(edges), max(edges)) if edges else (0, 0)
    # A little air on both sides, so that the outermost bars are seen to end.
    air = max(1, (high - low) // 20)
    low, high = low - air, high + air
    bars = [_bar(number, version, low, high) for number, version in enumerate(versions)]
    verdict, tone = _verdict(versions)
    return ClockView(
        bars=bars,
        begins=_moment(low) if edges else None,
        ends=_moment(high) if edges else None,
        span=format_duration(timedelta(milliseconds=high - low)) if edges else "",
        verdict=verdict,
        tone=tone,
    )


def _bar(number: int, version: Version, low: int, high: int) -> ClockBar:
    def place(moment: int) -> int:
        return round((moment - low) * WIDTH / (high - low))

    interval, written = version.interval, version.written_ms
    begin, end = interval or (written or low, written or low)
    width = max(LEAST, place(end) - place(begin))
    middle = place(written) if written is not None else 0
    return ClockBar(
        letter=LETTERS[number],
        source=version.source,
        at=_moment(written),
        x=min(place(begin), WIDTH - width) if width > LEAST else max(0, middle - LEAST // 2),
        width=width,
        middle=middle,
        give_or_take=milliseconds(version.uncertainty_ms),
        is_jumped=version.is_jumped,
        is_measured=interval is not None,
    )


def _verdict(versions: Sequence[Version]) -> tuple[str, str]:
    jumped = [version.source for version in versions if version.is_jumped]
    if jumped:
        told = _("The clock of %(source)s jumped: no order can be claimed.")
        return told % {"source": ", ".join(jumped)}, "act"
    intervals = [version.interval for version in versions]
    measured = [interval for interval in intervals if interval is not None]
    if len(measured) < len(intervals):
        return _("Not every clock was measured: no order can be claimed."), "unknown"
    if len(measured) < 2:
        return _("There is nothing to compare."), "unknown"
    newest = max(range(len(measured)), key=lambda number: measured[number])
    before = max(high for number, (_low, high) in enumerate(measured) if number != newest)
    gap = measured[newest][0] - before
    if gap <= 0:
        told = _("The intervals overlap by %(span)s: nobody can say which was later.")
        return told % {"span": _span(-gap)}, "watch"
    told = _("%(source)s is later for certain, by at least %(span)s.")
    return told % {"source": versions[newest].source, "span": _span(gap)}, "ok"


def _span(value: int) -> str:
    return f"{value} ms" if value < 1000 else format_duration(timedelta(milliseconds=value))
