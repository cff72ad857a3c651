"""The impact curve as a drawing: how much an outage hurts, in each way, as time goes by."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration

WIDTH, HEIGHT = 420, 210
LEFT, RIGHT, TOP, FLOOR = 74, 10, 30, 178
FIRST, LAST = timedelta(minutes=10), timedelta(days=14)
TICKS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
    timedelta(hours=72),
    timedelta(days=7),
)
HIGHEST = 4
Points = Sequence[tuple[timedelta, int]]


def impact_curve(
    lines: Mapping[str, tuple[str, Points]],
    levels: Sequence[str],
    marks: Sequence[tuple[str, timedelta, str]],
) -> SafeString:
    """Draw the answers by category, and the objectives as upright lines.

    `lines`: category -> (its name, its points); `marks`: (name, moment, kind).
    """
    told = "; ".join(f"{name} {format_duration(moment)}" for name, moment, _kind in marks)
    return format_html(
        '<svg class="impact-curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>{}',
        WIDTH,
        HEIGHT,
        _("Impact over time: %(marks)s") % {"marks": told or "–"},
        _grid(levels),
        _ticks(),
        format_html_join(
            "", "{}", ((_line(kind, points),) for kind, (_name, points) in lines.items())
        ),
        _marks(marks),
        _legend(lines),
    )


def across(moment: timedelta) -> float:
    """Where a moment lies: each hour early on counts as much as each day later."""
    low, high = log10(FIRST.total_seconds()), log10(LAST.total_seconds())
    seconds = min(max(moment, FIRST), LAST).total_seconds()
    share = (log10(seconds) - low) / (high - low)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def up(level: float) -> float:
    """Where a level lies."""
    return round(FLOOR - (FLOOR - TOP) * level / HIGHEST, 1)


def _grid(levels: Sequence[str]) -> SafeString:
    return format_html_join(
        "",
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="curve-label" x="{}" y="{}" '
        'text-anchor="end">{}</text>',
        (
            (
                "curve-limit" if level == HIGHEST else "curve-grid",
                LEFT,
                WIDTH - RIGHT,
                up(level),
                up(level),
                LEFT - 6,
                up(level) + 3,
                name,
            )
            for level, name in enumerate(levels)
        ),
    )


def _ticks() -> SafeString:
    return format_html_join(
        "",
        '<text class="curve-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((across(tick), FLOOR + 16, format_duration(tick)) for tick in TICKS),
    )


def _line(kind: str, points: Points) -> SafeString:
    corners: list[tuple[float, float]] = [(LEFT, up(0))]
    for after, level in sorted(points):
        corners += [(across(after), corners[-1][1]), (across(after), up(level))]
    corners.append((WIDTH - RIGHT, corners[-1][1]))
    path = " ".join(f"{x},{y}" for x, y in corners)
    return format_html('<polyline class="curve-line curve-{}" points="{}"/>', kind, path)


def _marks(marks: Sequence[tuple[str, timedelta, str]]) -> SafeString:
    return format_html_join(
        "",
        '<line class="curve-mark curve-mark-{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="curve-label curve-name" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (
                kind,
                across(moment),
                across(moment),
                TOP - 4,
                FLOOR,
                across(moment),
                11 + 12 * (row % 2),
                name,
            )
            for row, (name, moment, kind) in enumerate(sorted(marks, key=lambda one: one[1]))
        ),
    )


def _legend(lines: Mapping[str, tuple[str, Points]]) -> SafeString:
    return format_html(
        '<ul class="curve-legend">{}</ul>',
        format_html_join(
            "",
            '<li><svg viewBox="0 0 24 8" aria-hidden="true"><line class="curve-line curve-{}" '
            'x1="0" x2="24" y1="4" y2="4"/></svg>{}</li>',
            ((kind, name) for kind, (name, _points) in lines.items()),
        ),
    )
