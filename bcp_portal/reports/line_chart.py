"""A curve over time as SVG made on the server, with the stretches in which nobody told anything."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bcp_portal.reports.charts import (
    INK,
    LABELS,
    QUIET,
    RULE,
    TONES,
    WIDTH,
    Point,
    mark_line,
    svg_figure,
    time_axis,
)

HEIGHT, TOP = 120, 34


def line_chart(
    values: Sequence[tuple[datetime, int]],
    *,
    start: datetime,
    end: datetime,
    label: str,
    marks: Sequence[Point] = (),
    tone: str = "info",
) -> SafeString:
    """Draw values over time; a gap of more than three times the usual step is left open."""
    end = max(end, start + timedelta(minutes=1))
    scale = (WIDTH - LABELS - 10) / (end - start).total_seconds()
    most = max((value for _moment, value in values), default=0)
    floor = TOP + HEIGHT

    def across(moment: datetime) -> float:
        return LABELS + (min(max(moment, start), end) - start).total_seconds() * scale

    def up(value: int) -> float:
        return floor - HEIGHT * value / max(most, 1)

    parts = [
        time_axis(start, end, across, TOP, floor),
        format_html(
            '<text x="{}" y="{}" text-anchor="end" font-size="9" fill="{}">{}</text>'
            '<text x="{}" y="{}" text-anchor="end" font-size="9" fill="{}">0</text>'
            '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}"/>'
            '<text x="{}" y="{}" text-anchor="end" font-size="9.5" fill="{}">{}</text>',
            LABELS - 8, TOP + 4, QUIET, f"{most:,}", LABELS - 8, floor, QUIET,
            LABELS, floor, WIDTH - 10, floor, RULE, LABELS - 8, TOP + HEIGHT / 2, INK, label[:24],
        ),
    ]  # fmt: skip
    for stretch in _stretches(values):
        points = " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in stretch)
        # One lonely value is a dot, because a line of one point is invisible.
        parts.append(
            format_html(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6"'
                ' stroke-linecap="round"/>',
                points if len(stretch) > 1 else f"{points} {points}",
                TONES.get(tone, TONES["unknown"]),
            )
        )
    parts += [mark_line(mark, across(mark.at), TOP, floor) for mark in marks]
    return svg_figure(floor + 22, label, parts)


def _stretches(
    values: Sequence[tuple[datetime, int]],
) -> list[list[tuple[datetime, int]]]:
    steps = sorted(
        later - earlier
        for (earlier, _v), (later, _w) in itertools.pairwise(values)
    )  # fmt: skip
    widest = 3 * steps[len(steps) // 2] if steps else timedelta()
    stretches: list[list[tuple[datetime, int]]] = []
    for moment, value in values:
        if stretches and moment - stretches[-1][-1][0] <= widest:
            stretches[-1].append((moment, value))
        else:
            stretches.append([(moment, value)])
    return stretches
