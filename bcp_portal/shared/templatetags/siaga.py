"""The words and signs of the interface: icons, badges, times, clocks, small charts."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django import template
from django.forms import BoundField
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bcp_portal.shared.ids import uuid7
from bcp_portal.shared.money import money_words
from bcp_portal.shared.templatetags._safe_text import markdown_to_html
from bcp_portal.shared.templatetags._spans import (
    absolute_words,
    clock_words,
    duration_words,
    relative_words,
)

register = template.Library()

SPRITE = "vendor/tabler-icons/sprite.svg"
NOTHING = "–"
WARN_SECONDS = 900
_INCIDENT_CODE = re.compile(r"\b(INC-\d+)\b")
_NOT_CLASS = re.compile(r"[^a-z0-9]+")


@register.simple_tag(takes_context=True)
def reuse(context: Context, block_name: str) -> str:
    """Show a block of the page a second time: the title of the window as the heading, say."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(block_name) if blocks else None
    return str(block.render(context)) if block else ""


@register.simple_tag
def op_id(at: datetime) -> str:
    """A fresh identity for what a form does, so that sending it twice does it once."""
    return str(uuid7(at))


_CONTROL = {
    "checkbox": "form-check-input",
    "radio": "form-check-input",
    "select": "form-select",
    "file": "form-control",
}


@register.filter
def as_control(field: BoundField) -> SafeString:
    """Draw the widget of a field in our look, tied to its help and its errors."""
    kind = str(getattr(field.field.widget, "input_type", "text"))
    attributes = dict(field.field.widget.attrs)
    css = f"{attributes.get('class', '')} {_CONTROL.get(kind, 'form-control')}"
    if not field.use_fieldset:  # a group would hand the class on to the box around its choices
        attributes["class"] = css.strip()
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described.insert(0, f"{field.auto_id}_error")
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attributes)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; with a label it speaks, without it is decoration."""
    address = f"{static(SPRITE)}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>',
            label,
            address,
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        address,
    )


@register.simple_tag
def badge(value: object, label: object = "", css: str = "") -> SafeString:
    """Show a stored word as word, colour and shape; nothing stored is shown as unknown."""
    word = "unknown" if value is None or value == "" else str(value)
    shown = str(label) or (_("unknown") if word == "unknown" else word.replace("_", " "))
    return format_html('<span class="status status-{} {}">{}</span>', css_word(word), css, shown)


@register.filter
def linked_codes(text: str) -> SafeString:
    """Show plain text with each incident that it names as a link to it."""
    pieces = _INCIDENT_CODE.split(str(text))
    # Every second piece is a code: nothing in it needs to be escaped.
    return format_html_join(
        "",
        "{}{}",
        (
            (piece, "")
            if index % 2 == 0
            else ("", format_html('<a href="{}">{}</a>', f"/incidents/{piece}/", piece))
            for index, piece in enumerate(pieces)
        ),
    )


@register.filter
def css_word(value: object) -> str:
    """Make a stored word fit for a class name."""
    return _NOT_CLASS.sub("-", str(value).lower()).strip("-") or "unknown"


@register.simple_tag
def severity(value: object) -> SafeString:
    """Show a severity as S1 to S4."""
    digit = str(value or "").strip().lower().removeprefix("s")
    if digit not in {"1", "2", "3", "4"}:
        return mark_safe('<span class="severity severity-unknown">S?</span>')
    return format_html(
        '<span class="severity severity-{}" title="{}">S{}</span>',
        digit,
        _("Severity %s") % digit,
        digit,
    )


def _now(context: Context) -> datetime:
    frame = context.get("frame")
    now = getattr(frame, "now", None)
    return now if isinstance(now, datetime) else timezone.now()


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | None, zone: str = "") -> SafeString | str:
    """Say a moment relative to now, with the absolute time in every zone that matters on hover."""
    if not moment:
        return NOTHING
    beside = ""
    if zone:
        others = absolute_words(moment, zone=zone).split(" · ")[1:2]
        beside = f" ({others[0]})" if others and not others[0].endswith("UTC") else ""
    return format_html(
        '<time class="when" datetime="{}" data-when title="{}">{}</time>{}',
        moment.isoformat(),
        absolute_words(moment, zone=zone),
        relative_words(moment, now=_now(context)),
        format_html('<span class="when-there">{}</span>', beside) if beside else "",
    )


@register.simple_tag
def moment(value: datetime | None, zone: str = "", seconds: bool = False) -> SafeString | str:
    """Say a moment absolutely: "22 Nov 11:35", with zone and UTC on hover."""
    if not value:
        return NOTHING
    local = timezone.localtime(value)
    shown = f"{formats.date_format(local, 'j M Y')} {local:%H:%M:%S}"
    return format_html(
        '<time class="moment num" datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        absolute_words(value, zone=zone),
        shown if seconds else shown[:-3],
    )


@register.simple_tag(takes_context=True)
def clock(
    context: Context,
    deadline: datetime | None,
    mode: str = "down",
    warn: int = WARN_SECONDS,
    stopped: datetime | None = None,
) -> SafeString:
    """Count down to a deadline and on beyond it, or up from a start; a stopped clock stands."""
    if not deadline:
        return format_html('<span class="clock is-unknown">{}</span>', _("unknown"))
    left = (deadline - (stopped or _now(context))).total_seconds()
    return format_html(
        '<time class="clock {}" datetime="{}" {} data-warn="{}" title="{}">{}</time>',
        "is-up" if mode == "up" else _clock_state(left, warn),
        deadline.isoformat(),
        "" if stopped else format_html('data-clock="{}"', mode),
        warn,
        absolute_words(deadline),
        clock_words(abs(left)) if mode == "up" else clock_words(left),
    )


def _clock_state(left: float, warn: int) -> str:
    if left < 0:
        return "is-over"
    return "is-warn" if left < warn else "is-ok"


@register.filter
def day(value: date | None) -> str:
    """Say a day as the reader's language writes it: "27 Aug 2026"; nothing for none."""
    return formats.date_format(value, "j M Y") if value else ""


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Say a span as "1 h 20 min"."""
    return duration_words(value)


@register.filter
def filesize_short(value: float | None) -> str:
    """Say a number of bytes in the unit that keeps it short."""
    if value is None:
        return _("unknown")
    size = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{formats.number_format(size, 0 if unit == 'B' else 1)} {unit}"
        size /= 1000
    return f"{formats.number_format(size, 1)} TB"


@register.filter
def markdown(value: str | None) -> SafeString:
    """Render what people wrote in Markdown as harmless HTML."""
    return mark_safe(f'<div class="prose">{markdown_to_html(value)}</div>' if value else "")


@register.filter
def initials(person: object) -> str:
    """Two letters that stand for a person."""
    named = getattr(person, "get_full_name", None)
    name = (named() if callable(named) else "") or str(person or "")
    words = [word for word in re.split(r"[\s._@-]+", name) if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.simple_tag
def meter(
    value: float | None, maximum: float | None, tone: str = "info", label: str = ""
) -> SafeString:
    """Draw how far something has come as a thin bar; an unknown share is an empty, hatched one."""
    if value is None or not maximum:
        return format_html(
            '<span class="meter meter-unknown" role="img" aria-label="{}"></span>',
            label or _("unknown"),
        )
    return format_html(
        '<progress class="meter tone-{}" value="{}" max="{}" aria-label="{}"></progress>',
        css_word(tone),
        f"{min(max(value, 0), maximum):g}",
        f"{maximum:g}",
        label or _("Progress"),
    )


@register.simple_tag
def sparkline(
    numbers: Iterable[float | None] | None, label: str = "", tone: str = ""
) -> SafeString:
    """Draw a row of numbers as a small line; a gap in what is known is a gap in the line."""
    values = list(numbers or [])
    known = [value for value in values if value is not None]
    if not known:
        return format_html('<span class="sparkline-empty muted">{}</span>', _("no data"))
    low, high = min(known), max(known)
    points: list[list[tuple[float, float]]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            points.append([])
            continue
        across = 1 + 98 * position / max(1, len(values) - 1)
        height = 0.5 if high == low else (value - low) / (high - low)
        points[-1].append((across, 21 - 18 * height))
    lines = format_html_join(
        "",
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5" '
        'vector-effect="non-scaling-stroke"/>',
        ((" ".join(f"{x:.1f},{y:.1f}" for x, y in run),) for run in points if len(run) > 1),
    )
    last = next(run[-1] for run in reversed(points) if run)
    words = label or _("from %(first)s to %(last)s") % {
        "first": formats.number_format(known[0]),
        "last": formats.number_format(known[-1]),
    }
    return format_html(
        '<svg class="sparkline {}" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}<circle cx="{}" cy="{}" r="1.6" fill="currentColor"/></svg>',
        f"tone-{css_word(tone)}" if tone else "",
        words,
        lines,
        f"{last[0]:.1f}",
        f"{last[1]:.1f}",
    )


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Write an amount in hundredths of a currency at a glance: `{{ value|money:"IDR" }}`."""
    return money_words(minor, currency)
