"""What a mapping would make of a sample delivery, and which paths there are to choose from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from telemetry.adapters.external import ExternalAlert, plain, refuse
from telemetry.adapters.generic import find, read_generic

MOST_BYTES = 200_000
MOST_PATHS, MOST_SHOWN, DEEPEST = 200, 20, 8


@dataclass(frozen=True)
class PathLine:
    """A place in the sample and what lies there."""

    path: str
    value: str


@dataclass(frozen=True)
class Preview:
    """The alerts a sample would make; `more` were left off the page."""

    alerts: list[ExternalAlert]
    more: int


def read_sample(text: str) -> Any:
    """Understand a pasted delivery; refuse with a sentence what is none."""
    if len(text.encode()) > MOST_BYTES:
        raise refuse(_("The sample is larger than 200 kB; one or two entries are enough."))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refuse(_("The sample is not valid JSON: %(why)s.") % {"why": error}) from error


def lists_in(content: object) -> list[PathLine]:
    """Where lists lie: what `items` may be."""
    found = [
        PathLine(path, _("%(n)d entries") % {"n": len(value)})
        for path, value in _walk(content, "", 0)
        if isinstance(value, list) and path
    ]
    return found[:MOST_PATHS]


def paths_in(content: object, items: str) -> list[PathLine]:
    """Every fact of the first entry, with its value."""
    entries = find(content, items) if items else content
    entry = entries[0] if isinstance(entries, list) and entries else entries
    found = [
        PathLine(path, plain(value)[:80])
        for path, value in _walk(entry, "", 0)
        if path and not isinstance(value, list | Mapping)
    ]
    return found[:MOST_PATHS]


def preview(content: object, mapping: Mapping[str, Any]) -> Preview:
    """Read the sample exactly as the door would."""
    alerts = read_generic(content, mapping)
    return Preview(alerts[:MOST_SHOWN], max(0, len(alerts) - MOST_SHOWN))


def _walk(value: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    yield path, value
    if depth >= DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _walk(part, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list):
        # Entries of a list are alike; the first few say what there is.
        for place, part in enumerate(value[:3]):
            yield from _walk(part, f"{path}.{place}" if path else str(place), depth + 1)
