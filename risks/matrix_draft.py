"""A matrix being drawn anew: the one in force as a start, stretched to another size.

No database, no clock. A draft is only what the editor shows first; judgements are never stretched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from risks.scoring import LEAST_STEPS, MOST_STEPS, TONES

Row = dict[str, Any]
LEAST_LEVELS, MOST_LEVELS = 2, 6
WORDS = ("en", "id", "means_en", "means_id")


@dataclass(frozen=True)
class Draft:
    """What the editor begins with."""

    likelihoods: list[Row]
    impacts: list[Row]
    levels: list[Row]
    cells: list[list[str]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many likelihoods, impacts and levels."""
        return len(self.likelihoods), len(self.impacts), len(self.levels)

    def stretched(self, rows: int, columns: int, levels: int) -> "Draft":
        """The draft in another size; what has no counterpart is left to be named."""
        shape = (
            min(max(rows, LEAST_STEPS), MOST_STEPS),
            min(max(columns, LEAST_STEPS), MOST_STEPS),
            min(max(levels, LEAST_LEVELS), MOST_LEVELS),
        )
        if shape == self.shape:
            return self
        rows, columns, count = shape
        known = [one["word"] for one in self.levels]
        kept = _levels(self.levels, count)
        renamed = {
            word: kept[_near(place, count, len(known))]["word"] for place, word in enumerate(known)
        }
        cells = [
            [
                renamed[self.cells[source][_near_back(column, columns, len(self.impacts))]]
                for column in range(columns)
            ]
            for row in range(rows)
            for source in (_near_back(row, rows, len(self.likelihoods)),)
        ]
        return Draft(_steps(self.likelihoods, rows), _steps(self.impacts, columns), kept, cells)


def _near(place: int, size: int, of: int) -> int:
    """Where a place of a scale of `of` lies on one of `size`."""
    return round(place * (size - 1) / max(of - 1, 1))


def _near_back(place: int, size: int, of: int) -> int:
    """Which place of a scale of `of` a place of one of `size` comes from."""
    return round(place * (of - 1) / max(size - 1, 1))


def _steps(steps: Sequence[Row], size: int) -> list[Row]:
    if size == len(steps):
        return list(steps)
    used: set[int] = set()
    made = []
    for place in range(size):
        source = _near_back(place, size, len(steps))
        named = source not in used
        used.add(source)
        words = {word: steps[source].get(word, "") if named else "" for word in WORDS}
        made.append({"value": place + 1, **words})
    return made


def _levels(levels: Sequence[Row], size: int) -> list[Row]:
    if size <= len(levels):
        return [levels[_near_back(place, size, len(levels))] for place in range(size)]
    taken = {one["word"] for one in levels}
    made = list(levels)
    worst = levels[-1]
    for number in range(len(levels) + 1, size + 1):
        word = f"level-{number}"
        while word in taken:
            word += "x"
        taken.add(word)
        made.append({**worst, "word": word, "en": "", "id": "", "tone": _tone(worst)})
    return made


def _tone(worst: Row) -> str:
    return str(worst["tone"]) if worst["tone"] in TONES else "act"
