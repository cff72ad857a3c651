"""How a level is computed from a likelihood and an impact: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from risks.rates import USUAL_EDGES

STEPS = 5
TONES = frozenset({"ok", "watch", "act", "info", "calm", "unknown"})


@dataclass(frozen=True)
class Step:
    """One step of likelihood or impact, in both languages."""

    value: int
    en: str
    id: str
    means_en: str = ""
    means_id: str = ""
    # Likelihoods: the upper end of the band in events a year. Impacts: of the loss in money.
    upper: float | None = None

    def label(self, language: str) -> str:
        """The word people say."""
        return self.id if language == "id" and self.id else self.en

    def means(self, language: str) -> str:
        """What choosing this step claims."""
        return self.means_id if language == "id" and self.means_id else self.means_en


@dataclass(frozen=True)
class Level:
    """What a cell of the matrix means."""

    word: str
    en: str
    id: str
    tone: str
    is_tolerable: bool
    review_days: int
    rank: int

    def label(self, language: str) -> str:
        """The word people say."""
        return self.id if language == "id" and self.id else self.en


@dataclass(frozen=True)
class Scale:
    """A matrix as arithmetic: five likelihoods, five impacts, levels, and 25 cells."""

    likelihoods: tuple[Step, ...]
    impacts: tuple[Step, ...]
    levels: tuple[Level, ...]
    cells: tuple[tuple[str, ...], ...]

    @classmethod
    def read(
        cls,
        *,
        likelihoods: Sequence[Mapping[str, Any]],
        impacts: Sequence[Mapping[str, Any]],
        levels: Sequence[Mapping[str, Any]],
        cells: Sequence[Sequence[str]],
    ) -> "Scale":
        """Understand stored data, or raise ValueError with a sentence that says what is wrong."""
        try:
            scale = cls(
                likelihoods=tuple(Step(**step) for step in likelihoods),
                impacts=tuple(Step(**step) for step in impacts),
                levels=tuple(Level(rank=rank, **level) for rank, level in enumerate(levels)),
                cells=tuple(tuple(row) for row in cells),
            )
        except TypeError as error:
            raise ValueError(_("A step or a level has a wrong or missing field.")) from error
        scale._check()
        return scale

    def level(self, likelihood: int, impact: int) -> Level:
        """The level of a judgement."""
        word = self.cells[likelihood - 1][impact - 1]
        return self.by_word[word]

    @property
    def by_word(self) -> dict[str, Level]:
        """The levels by their stored words."""
        return {level.word: level for level in self.levels}

    def is_within_tolerance(self, word: str) -> bool:
        """May the organisation live with this level? Unrated is never within tolerance."""
        level = self.by_word.get(word)
        return level is not None and level.is_tolerable

    def judges_like(self, other: "Scale") -> bool:
        """Would both give every judgement the same level, with the same tolerance?"""
        mine = {level.word: level.is_tolerable for level in self.levels}
        theirs = {level.word: level.is_tolerable for level in other.levels}
        return self.cells == other.cells and mine == theirs

    def rate_edges(self) -> tuple[float, ...]:
        """The ends between the bands of likelihood, in events a year; the usual ones if unsaid."""
        said = [step.upper for step in self.likelihoods[:-1]]
        known = [edge for edge in said if edge is not None and edge > 0]
        rising = all(low < high for low, high in pairwise(known))
        return tuple(known) if len(known) == STEPS - 1 and rising else USUAL_EDGES

    def _check(self) -> None:
        values = list(range(1, STEPS + 1))
        if [step.value for step in self.likelihoods] != values:
            raise ValueError(_("A matrix has five likelihoods, numbered 1 to 5."))
        if [step.value for step in self.impacts] != values:
            raise ValueError(_("A matrix has five impacts, numbered 1 to 5."))
        if len(self.cells) != STEPS or any(len(row) != STEPS for row in self.cells):
            raise ValueError(_("A matrix has five rows of five cells."))
        known = set(self.by_word)
        if unknown := {word for row in self.cells for word in row} - known:
            raise ValueError(
                _("These cells name no level: %(words)s.") % {"words": ", ".join(sorted(unknown))}
            )
        if wrong := {level.tone for level in self.levels} - TONES:
            raise ValueError(_("Unknown tone: %(words)s.") % {"words": ", ".join(sorted(wrong))})
        self._check_growth()

    def _check_growth(self) -> None:
        """More likely or worse may never be judged milder."""
        ranks = [[self.by_word[word].rank for word in row] for row in self.cells]
        rows = [*ranks, *map(list, zip(*ranks, strict=True))]
        if any(row != sorted(row) for row in rows):
            raise ValueError(_("A likelier or worse risk may not have a milder level."))


def score(likelihood: int, impact: int) -> int:
    """What a judgement adds up to, 1 to 25."""
    return likelihood * impact
