"""The arithmetic of a signal, for templates."""

from datetime import datetime
from typing import Any

from django import template

from telemetry.adapters.external import moment_of
from telemetry.wording import explain_sums

register = template.Library()


@register.filter
def sums(value: dict[str, Any]) -> list[str]:
    """Write the sums of a signal as short sentences."""
    return explain_sums(value)


@register.filter
def as_moment(value: object) -> datetime | None:
    """The time in something a device told; what is no time is not known."""
    return moment_of(value)
