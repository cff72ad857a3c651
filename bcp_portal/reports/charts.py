"""Figures of a report as SVG made on the server: swim lanes, bars against targets, a heat map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bcp_portal.shared.templatetags._spans import duration_words

WIDTH = 700
LABELS = 130
INK, QUIET, RULE, GROUND = "#16202e", "#5b6777", "#d5dbe3", "#f3f5f8"
TONES = {
    "ok": "#1f7a4d",
    "watch": "#b26a00",
    "act": "#b3261e",
    "info": "#1d5fa8",
    "calm": "#7b8794",
    "unknown": "#9aa5b1",
}
Across = Callable[[datetime], float]
FONT = "Inter, 'DejaVu Sans', sans-serif"
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200)
)


@dataclass(frozen=True)
class Span:
    """Something that lasted; without an end it still does."""

    label: str
    start: datetime
    end: datetime | None = None
    tone: str = "info"


@dataclass(frozen=True)
class Point:
    """Something that happened at a moment."""

    label: str
    at: datetime
    tone: str = "info"


@dataclass(frozen=True)
class Lane:
    """One line of swim lanes: what lasted, and what happened."""

    label: str
    spans: Sequence[Span] = ()
    points: Sequence[Point] = ()


@dataclass(frozen=True)
class Bar:
    """What was reached, against what was promised; unknown is None, never zero."""

    label: str
    achieved: timedelta | None
    target: timedelta | None
    note: str = ""


def swim_lanes(
    lanes: Sequence[Lane], *, start: datetime, end: datetime, marks: Sequence[Point] = ()
) -> SafeString:
    """Draw who did what when, lane under lane, on one axis of time."""
    end = max(end, start + timedelta(minutes=1))
    scale = (WIDTH - LABELS - 10) / (end - start).total_seconds()

    def across(moment: datetime) -> float:
        return LABELS + (min(max(moment, start), end) - start).total_seconds() * scale

    row, top = 26, 34
    height = top + row * len(lanes) + (20 if marks else 8)
    floor = top + row * len(lanes)
    parts = [time_axis(start, end, across, top, floor)]
    for index, lane in enumerate(lanes):
        middle = top + row * index + row / 2
        parts.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="end" font-size="9.5" fill="{}">{}</text>'
                '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="0.5"/>',
                LABELS - 8, middle + 3, INK, _short(lane.label, 24),
                LABELS, middle + row / 2, WIDTH - 10, middle + row / 2, RULE,
            )
        )  # fmt: skip
        parts += [_span(span, across, middle, end) for span in lane.spans]
        parts += [_point(point, across(point.at), middle) for point in lane.points]
    parts += [mark_line(mark, across(mark.at), top, floor) for mark in marks]
    return svg_figure(height, _("Swim lanes of what happened"), parts)


def bars_against_targets(bars: Sequence[Bar]) -> SafeString:
    """Draw each time reached as a bar, with the target as a line across it."""
    known = [one for bar in bars for one in (bar.achieved, bar.target) if one is not None]
    longest = max([*known, timedelta(minutes=1)]).total_seconds()
    room = WIDTH - LABELS - 150
    row, height = 24, 24 * len(bars) + 8
    parts = []
    for index, bar in enumerate(bars):
        top = row * index + 4
        parts.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="end" font-size="9.5" fill="{}">{}</text>',
                LABELS - 8, top + 12, INK, _short(bar.label, 24),
            )
        )  # fmt: skip
        parts.append(_bar(bar, top, room / longest))
    return svg_figure(height, _("Times reached against targets"), parts)


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
    tones: Sequence[Sequence[str]],
) -> SafeString:
    """Draw a matrix whose cells have a level and a number; the first row is at the top."""
    wide, high, left = 72, 34, 110
    parts = []
    for line, name in enumerate(rows):
        parts.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="end" font-size="9" fill="{}">{}</text>',
                left - 8, line * high + high / 2 + 3, INK, _short(name, 20),
            )
        )  # fmt: skip
        for place, count in enumerate(counts[line]):
            parts.append(
                _heat_cell(left + place * wide, line * high, wide, high, count, tones[line][place])
            )
    for place, name in enumerate(columns):
        parts.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="middle" font-size="9" fill="{}">{}</text>',
                left + place * wide + wide / 2, len(rows) * high + 14, INK, _short(name, 14),
            )
        )  # fmt: skip
    return svg_figure(
        len(rows) * high + 22, _("Heat map"), parts, width=left + wide * len(columns) + 4
    )


def svg_figure(
    height: float, label: str, parts: Sequence[SafeString], *, width: float = WIDTH
) -> SafeString:
    """Put the parts of a drawing on one sheet with a name for those who cannot see it."""
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {} {}" width="{}"'
        ' height="{}" role="img" aria-label="{}" font-family="{}">{}</svg>',
        width, _n(height), width, _n(height), label, FONT,
        format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def time_axis(
    start: datetime, end: datetime, across: Across, top: float, floor: float
) -> SafeString:
    """Draw the hours along the top, in the reader's zone."""
    step = next((one for one in _STEPS if (end - start) / one <= 9), (end - start) / 8)
    local = timezone.localtime(start)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    tick = midnight + step * int((local - midnight) / step)
    lines = []
    last_day = None
    while tick <= end:
        if tick >= start:
            here = timezone.localtime(tick)
            x = across(tick)
            day = f"{here:%d.%m.}" if here.date() != last_day else ""
            last_day = here.date()
            lines.append((_n(x), top, _n(x), floor, RULE, _n(x), QUIET, day, _n(x), QUIET,
                          f"{here:%H:%M}"))  # fmt: skip
        tick += step
    return format_html_join(
        "",
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="0.5"/>'
        '<text x="{}" y="12" text-anchor="middle" font-size="8" fill="{}">{}</text>'
        '<text x="{}" y="24" text-anchor="middle" font-size="8.5" fill="{}">{}</text>',
        lines,
    )


def _span(span: Span, across: Across, middle: float, end: datetime) -> SafeString:
    left, right = across(span.start), across(span.end or end)
    width = max(right - left, 2.0)
    fits = len(span.label) * 4.6 + 8 < width
    # Still going on: the end is open, drawn dashed.
    dashes = "" if span.end else "3 2"
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="14" rx="2" fill="{}" fill-opacity="0.22"'
        ' stroke="{}" stroke-width="0.8" stroke-dasharray="{}"/>'
        '<text x="{}" y="{}" font-size="8" fill="{}">{}</text>',
        _n(left), middle - 7, _n(width), _colour(span.tone), _colour(span.tone), dashes or "none",
        _n(left + 4), middle + 3, INK, span.label if fits else "",
    )  # fmt: skip


def _point(point: Point, x: float, middle: float) -> SafeString:
    shapes = {
        "act": '<rect x="-4" y="-4" width="8" height="8" fill="{}"/>',
        "watch": '<path d="M0 -5 L5 4 L-5 4 Z" fill="{}"/>',
        "info": '<path d="M0 -5 L5 0 L0 5 L-5 0 Z" fill="{}"/>',
        "unknown": '<circle r="4" fill="#ffffff" stroke="{}"/>',
    }
    shape = shapes.get(point.tone, '<circle r="4" fill="{}"/>')
    return format_html(
        '<g transform="translate({} {})"><title>{}</title>{}</g>',
        _n(x), middle, point.label, format_html(shape, _colour(point.tone)),
    )  # fmt: skip


def mark_line(mark: Point, x: float, top: float, floor: float) -> SafeString:
    """Draw a moment through all of the picture, with its name at the foot."""
    # Written on the side where there is room.
    side, shift = ("end", -3) if x > WIDTH - 110 else ("start", 3)
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="1.2"'
        ' stroke-dasharray="4 2"/>'
        '<text x="{}" y="{}" text-anchor="{}" font-size="8" font-weight="700" fill="{}">{}</text>',
        _n(x), top - 6, _n(x), floor + 6, _colour(mark.tone),
        _n(x + shift), floor + 14, side, _colour(mark.tone), mark.label,
    )  # fmt: skip


def _bar(bar: Bar, top: float, scale: float) -> SafeString:
    if bar.achieved is None:
        words = format_html(
            '<text x="{}" y="{}" font-size="8.5" fill="{}">{}</text>',
            LABELS + 4, top + 12, QUIET, bar.note or _("not known"),
        )  # fmt: skip
        return words + _target(bar, top, scale)
    met = bar.target is None or bar.achieved <= bar.target
    tone = "unknown" if bar.target is None else ("ok" if met else "act")
    width = max(bar.achieved.total_seconds() * scale, 1.0)
    over = "" if met or bar.target is None else f" (+{duration_words(bar.achieved - bar.target)})"
    end = LABELS + max(width, bar.target.total_seconds() * scale if bar.target else 0.0)
    drawn = format_html(
        '<rect x="{}" y="{}" width="{}" height="13" rx="1.5" fill="{}" fill-opacity="0.85"/>'
        '<text x="{}" y="{}" font-size="8.5" fill="{}">{}</text>',
        LABELS, top + 2, _n(width), _colour(tone),
        _n(end + 6), top + 12, INK, f"{duration_words(bar.achieved)}{over} {bar.note}".strip(),
    )  # fmt: skip
    return drawn + _target(bar, top, scale)


def _target(bar: Bar, top: float, scale: float) -> SafeString:
    if bar.target is None:
        return SafeString("")
    x = LABELS + bar.target.total_seconds() * scale
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="1.8"/>',
        _n(x), top - 1, _n(x), top + 18, INK,
    )  # fmt: skip


def _heat_cell(x: float, y: float, wide: float, high: float, count: int, tone: str) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}" fill-opacity="{}"/>'
        '<text x="{}" y="{}" text-anchor="middle" font-size="11" font-weight="700" fill="{}">{}'
        "</text>",
        x + 1, y + 1, wide - 2, high - 2, _colour(tone), "0.30" if count else "0.12",
        x + wide / 2, y + high / 2 + 4, INK, count or "",
    )  # fmt: skip


def _colour(tone: str) -> str:
    return TONES.get(tone, TONES["unknown"])


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _n(number: float) -> str:
    return f"{number:.1f}"
