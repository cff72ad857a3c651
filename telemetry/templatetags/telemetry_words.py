"""The arithmetic of a signal, for templates."""

from typing import Any

from django import template

from telemetry.wording import explain_sums

register = template.Library()


@register.filter
def sums(value: dict[str, Any]) -> list[str]:
    """Write the sums of a signal as short sentences."""
    return explain_sums(value)
