"""How a level is computed from a likelihood and an impact: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from risks.rates import usual_edges

# A scale with fewer steps says nothing, one with more claims to know too much.
LEAST_STEPS, MOST_STEPS = 3, 6
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
    """A matrix as arithmetic: three to six likelihoods and impacts, levels, and their cells."""

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
    def shape(self) -> tuple[int, int]:
        """How many likelihoods and impacts there are."""
        return len(self.likelihoods), len(self.impacts)

    def holds(self, likelihood: int, impact: int) -> bool:
        """Is there such a cell?"""
        most, worst = self.shape
        return 1 <= likelihood <= most and 1 <= impact <= worst

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
        if len(known) == len(self.likelihoods) - 1 and rising:
            return tuple(known)
        return usual_edges(len(self.likelihoods))

    def loss_bands(self) -> list[tuple[float, float | None]]:
        """What each impact costs in money, from and to; nothing if the organisation has not said.

        The last band has no end.
        """
        ends = [step.upper for step in self.impacts[:-1]]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return []
        return list(zip((0.0, *known), (*known, None), strict=True))

    def _check(self) -> None:
        _check_steps(self.likelihoods, _("likelihoods"))
        _check_steps(self.impacts, _("impacts"))
        rows, columns = self.shape
        if len(self.cells) != rows or any(len(row) != columns for row in self.cells):
            raise ValueError(
                _("This matrix has %(rows)d rows of %(columns)d cells.")
                % {"rows": rows, "columns": columns}
            )
        if len(self.by_word) != len(self.levels):
            raise ValueError(_("Two levels have the same name."))
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


def _check_steps(steps: Sequence[Step], noun: str) -> None:
    if not LEAST_STEPS <= len(steps) <= MOST_STEPS:
        raise ValueError(
            _("A matrix has from %(least)d to %(most)d %(noun)s.")
            % {"least": LEAST_STEPS, "most": MOST_STEPS, "noun": noun}
        )
    if [step.value for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(_("The %(noun)s are numbered from 1 without a gap.") % {"noun": noun})
    if any(not step.en.strip() for step in steps):
        raise ValueError(_("Each of the %(noun)s needs a name.") % {"noun": noun})
    ends = [step.upper for step in steps if step.upper is not None]
    if any(low >= high for low, high in pairwise((0.0, *ends))):
        raise ValueError(_("The ends of the %(noun)s must grow, each above zero.") % {"noun": noun})


def score(likelihood: int, impact: int) -> int:
    """What a judgement adds up to, 1 to 25 on a scale of five by five."""
    return likelihood * impact
