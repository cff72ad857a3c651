"""The matrix as a page draws it: rows, columns, tones, and what stands in each cell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from django.utils.translation import get_language

from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.models import RiskMatrix
from risks.scoring import STEPS, Scale, score


@dataclass(frozen=True)
class Axis:
    """One step of an axis in the reader's language."""

    value: int
    label: str
    means: str


@dataclass(frozen=True)
class Cell:
    """One square of the matrix."""

    likelihood: int
    impact: int
    score: int
    word: str
    label: str
    tone: str
    marks: list[str] = field(default_factory=list)
    count: int = 0
    url: str = ""


@dataclass(frozen=True)
class MatrixRow:
    """One likelihood, mildest impact first."""

    axis: Axis
    cells: list[Cell]


@dataclass(frozen=True)
class LevelLine:
    """One level in the reader's language."""

    tone: str
    label: str
    is_tolerable: bool


@dataclass(frozen=True)
class MatrixView:
    """The matrix, likeliest row on top."""

    version: int
    impacts: list[Axis]
    likelihoods: list[Axis]
    rows: list[MatrixRow]
    levels: list[LevelLine]


@dataclass(frozen=True)
class LevelBadge:
    """A level as a badge shows it."""

    tone: str
    label: str


@cache
def portal_scale() -> Scale:
    """The scale of a register that has not put its own into force."""
    return Scale.read(likelihoods=LIKELIHOODS, impacts=IMPACTS, levels=LEVELS, cells=CELLS)


def scale_in_force() -> tuple[int, Scale]:
    """The version and scale in force. One query."""
    matrix = RiskMatrix.objects.active().first()
    return (matrix.version, matrix.scale) if matrix else (0, portal_scale())


def language() -> str:
    """The language of the reader, as the matrix knows it."""
    return (get_language() or "en")[:2]


def level_badge(scale: Scale, word: str) -> LevelBadge | None:
    """How a stored level looks; None if nobody has judged."""
    level = scale.by_word.get(word)
    if level is None:
        return LevelBadge("unknown", word) if word else None
    return LevelBadge(level.tone, level.label(language()))


def matrix_view(
    *,
    marks: Mapping[tuple[int, int], Iterable[str]] | None = None,
    counts: Mapping[tuple[int, int], int] | None = None,
    url: str = "",
) -> MatrixView:
    """Draw the matrix in force. `url` holds the place of likelihood and impact."""
    version, scale = scale_in_force()
    words = language()

    def cell(likelihood: int, impact: int) -> Cell:
        level = scale.level(likelihood, impact)
        here = (likelihood, impact)
        return Cell(
            likelihood=likelihood,
            impact=impact,
            score=score(likelihood, impact),
            word=level.word,
            label=level.label(words),
            tone=level.tone,
            marks=list((marks or {}).get(here, ())),
            count=(counts or {}).get(here, 0),
            url=url.format(likelihood=likelihood, impact=impact) if url else "",
        )

    steps = range(1, STEPS + 1)
    likelihoods = [Axis(s.value, s.label(words), s.means(words)) for s in scale.likelihoods]
    return MatrixView(
        version=version,
        impacts=[Axis(s.value, s.label(words), s.means(words)) for s in scale.impacts],
        likelihoods=likelihoods,
        rows=[
            MatrixRow(likelihoods[row - 1], [cell(row, impact) for impact in steps])
            for row in reversed(steps)
        ],
        levels=[
            LevelLine(level.tone, level.label(words), level.is_tolerable) for level in scale.levels
        ],
    )
