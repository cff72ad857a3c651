"""A long timeline: its key moments as a table, all of it as lines of text.

Two thousand rows of a table cost the renderer ten times as much as the same words as text.
"""

import textwrap
from collections.abc import Iterable, Iterator

from incidents.models import Importance, TimelineEntry
from incidents.reports.wording import instant_words, name_of, written_words

# From here on the table shows the key moments alone.
LONGEST_TABLE = 300
KIND, WHAT, WHO = 12, 68, 20


def is_long(entries: list[TimelineEntry]) -> bool:
    """Whether all of it as a table would take too long to print."""
    return len(entries) > LONGEST_TABLE


def key_moments(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """What belongs in every summary; no more of it than a table may hold."""
    key = [entry for entry in entries if entry.importance == Importance.KEY]
    return key[:LONGEST_TABLE]


def timeline_text(entries: Iterable[TimelineEntry]) -> str:
    """Every entry as lines of text under one another, in columns."""
    return "\n".join(line for entry in entries for line in _lines(entry))


def _lines(entry: TimelineEntry) -> Iterator[str]:
    time, words = instant_words(entry.happened_at), entry.text
    if written := written_words(entry.happened_at, entry.recorded_at):
        words += f" ({written})"
    first, *rest = textwrap.wrap(words, WHAT) or ["–"]
    kind = str(entry.get_kind_display())[:KIND]
    yield f"{time:<16} {kind:<{KIND}} {first:<{WHAT}} {name_of(entry.actor)[:WHO]}"
    for line in rest:
        yield " " * (18 + KIND) + line
