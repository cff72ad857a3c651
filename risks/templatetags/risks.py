"""Amounts and shares as people read them."""

from django import template

from risks.selectors import figures

register = template.Library()


@register.filter
def short_money(value: float | None) -> str:
    """An amount at a glance; nothing known is a dash."""
    return "–" if value is None else figures.short_money(float(value))


@register.filter
def percent(value: float | None) -> str:
    """A share in per cent; nothing known is a dash."""
    if value is None:
        return "–"
    return f"{value:.1%}" if 0 < abs(value) < 0.1 else f"{value:.0%}"
