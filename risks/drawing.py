"""Pictures of the register as SVG made on the server; colours come from the style sheet."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

WIDE, HIGH = 720.0, 240.0
LEFT, RIGHT, TOP, FLOOR = 62.0, 14.0, 14.0, 206.0
Place = Callable[[float], float]
Line = tuple[float, str, str]


def line_chart(
    points: Sequence[tuple[datetime, float | None]], *, lines: Sequence[Line] = (), label: str
) -> SafeString:
    """Draw values over time with limits across; a gap in what is known is a gap in the line."""
    known = [value for _at, value in points if value is not None]
    if not known:
        return format_html('<p class="muted">{}</p>', _("Nothing has been measured yet."))
    stamps = [at.timestamp() for at, _value in points]
    up = _scale([*known, *(line[0] for line in lines), 0.0], FLOOR, TOP)
    across = _scale(stamps, LEFT, WIDE - RIGHT)
    runs: list[list[str]] = [[]]
    for stamp, (_at, value) in zip(stamps, points, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{across(stamp):.1f},{up(value):.1f}")
    body = [
        *_ticks_up(up, [*known, *(line[0] for line in lines), 0.0]),
        *(_limit(up(value), tone, words) for value, tone, words in lines),
        format_html_join(
            "",
            '<polyline class="plot-line" points="{}"/>',
            ((" ".join(run),) for run in runs if run),
        ),
        *(
            format_html(
                '<text class="plot-word" x="{}" y="{}" text-anchor="{}">{}</text>',
                x, FLOOR + 18, anchor, date_format(localtime(when), "j M Y H:i"),
            )
            for x, anchor, when in (
                (LEFT, "start", points[0][0]),
                (WIDE - RIGHT, "end", points[-1][0]),
            )
        ),
    ]  # fmt: skip
    return _figure(label, body)


def curve_chart(
    curves: Sequence[tuple[str, str, Sequence[tuple[float, float]]]],
    *,
    label: str,
    across_words: Sequence[tuple[float, str]],
    up_words: Sequence[tuple[float, str]],
) -> SafeString:
    """Draw curves (class, name, points) on axes whose ticks are given in words."""
    across = _scale([place for place, _word in across_words], LEFT, WIDE - RIGHT)
    up = _scale([place for place, _word in up_words], FLOOR, TOP)
    body = [
        *(
            format_html(
                '<line class="plot-grid" x1="{}" y1="{}" x2="{}" y2="{}"/>'
                '<text class="plot-word" x="{}" y="{}" text-anchor="end">{}</text>',
                LEFT, f"{up(place):.1f}", WIDE - RIGHT, f"{up(place):.1f}",
                LEFT - 6, f"{up(place) + 4:.1f}", word,
            )
            for place, word in up_words
        ),
        *(
            format_html(
                '<text class="plot-word" x="{}" y="{}" text-anchor="middle">{}</text>',
                f"{min(across(place), WIDE - 28):.1f}", FLOOR + 18, word,
            )
            for place, word in across_words
        ),
        *(
            format_html(
                '<polyline class="plot-line {}" points="{}"><title>{}</title></polyline>',
                css, " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points), name,
            )
            for css, name, points in curves
        ),
    ]  # fmt: skip
    return _figure(label, body)


def _scale(values: Sequence[float], start: float, end: float) -> Place:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _ticks_up(up: Place, values: Sequence[float]) -> list[SafeString]:
    low, high = min(values), max(values)
    places = sorted({low, (low + high) / 2, high})
    return [
        format_html(
            '<line class="plot-grid" x1="{}" y1="{}" x2="{}" y2="{}"/>'
            '<text class="plot-word" x="{}" y="{}" text-anchor="end">{}</text>',
            LEFT, f"{up(place):.1f}", WIDE - RIGHT, f"{up(place):.1f}",
            LEFT - 6, f"{up(place) + 4:.1f}",
            number_format(place, 0 if high - low >= 10 else 1),
        )
        for place in places
    ]  # fmt: skip


def _limit(height: float, tone: str, words: str) -> SafeString:
    return format_html(
        '<line class="plot-limit tone-{}" x1="{}" y1="{}" x2="{}" y2="{}"/>'
        '<text class="plot-word" x="{}" y="{}" text-anchor="end">{}</text>',
        tone, LEFT, f"{height:.1f}", WIDE - RIGHT, f"{height:.1f}",
        WIDE - RIGHT, f"{height - 4:.1f}", words,
    )  # fmt: skip


def _figure(label: str, body: Sequence[SafeString]) -> SafeString:
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        int(WIDE), int(HIGH), label, format_html_join("", "{}", ((one,) for one in body)),
    )  # fmt: skip
