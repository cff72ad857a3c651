"""The matrix as a page draws it: rows, columns, tones, and what stands in each cell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from django.utils.translation import get_language

from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.models import STANDARD, Risk, RiskMatrix
from risks.scoring import Scale, score


@dataclass(frozen=True)
class Axis:
    """One step of an axis in the reader's language."""

    value: int
    label: str
    means: str
    # What it claims in figures, where the organisation has said it.
    band: str = ""


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
    # How many risks came here and left since the day to compare with.
    came: int = 0
    left: int = 0


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
    """A level as a badge shows it; exported as its word."""

    tone: str
    label: str
    score: int | None = None
    again: bool = False

    def __str__(self) -> str:
        return self.label


@cache
def portal_scale() -> Scale:
    """The scale of a register that has not put its own into force."""
    return Scale.read(likelihoods=LIKELIHOODS, impacts=IMPACTS, levels=LEVELS, cells=CELLS)


@dataclass(frozen=True)
class Scales:
    """The scales of one moment by the family they belong to."""

    by_family: Mapping[str, tuple[int, Scale]]

    def of(self, family: str) -> Scale:
        """The scale of a family; one that has none of its own is judged by the standard one."""
        return self.versioned(family)[1]

    def versioned(self, family: str) -> tuple[int, Scale]:
        """The scale with the number of its version."""
        standard = self.by_family.get(STANDARD) or (0, portal_scale())
        return self.by_family.get(family, standard)

    def words(self) -> list[tuple[str, str]]:
        """Every level of every scale, mildest first, with the word people say."""
        found: dict[str, str] = {}
        for _version, scale in (self.versioned(STANDARD), *self.by_family.values()):
            for level in scale.levels:
                found.setdefault(level.word, level.label(language()))
        return list(found.items())

    def ranks(self) -> dict[str, int]:
        """How grave each word is, by the scale that names it; the standard one first."""
        found: dict[str, int] = {}
        for _version, scale in (self.versioned(STANDARD), *self.by_family.values()):
            for level in scale.levels:
                found.setdefault(level.word, level.rank)
        return found


def scales_of(matrices: Iterable[RiskMatrix]) -> Scales:
    """These matrices as scales; a later one of a family replaces an earlier one."""
    return Scales({one.family: (one.version, one.scale) for one in matrices})


def scales_in_force() -> Scales:
    """The scales in force. One query."""
    return scales_of(RiskMatrix.objects.active())


def matrices_in_force() -> list[RiskMatrix]:
    """The matrices in force, for who needs both their scales and their names. One query."""
    return list(RiskMatrix.objects.active())


def family_names(matrices: Iterable[RiskMatrix] | None = None) -> list[tuple[str, str]]:
    """The families that have a matrix in force, with its name."""
    named = matrices_in_force() if matrices is None else matrices
    return list(({STANDARD: "Siaga"} | {one.family: one.name for one in named}).items())


def scale_in_force(family: str = STANDARD) -> tuple[int, Scale]:
    """The version and scale in force. One query."""
    return scales_in_force().versioned(family)


def fitting(family: str, shape: tuple[int, int]) -> set[int]:
    """The versions of a family that have this shape: what they judged still has its place."""
    known = RiskMatrix.objects.filter(family=family)
    sizes = ((one.pk, (len(one.likelihoods), len(one.impacts))) for one in known)
    return {pk for pk, size in sizes if size == shape}


def marks_of(risk: Risk, scale: Scale) -> dict[tuple[int, int], list[str]]:
    """Which letters stand in which cell; a judgement by a matrix of another shape has no place."""
    marks: dict[tuple[int, int], list[str]] = {}
    places = fitting(risk.matrix_family, scale.shape)
    for letter, one in (("I", risk.inherent), ("R", risk.residual), ("T", risk.target)):
        if one is not None and one.matrix_id in places:
            marks.setdefault((one.likelihood, one.impact), []).append(letter)
    return marks


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
    family: str = STANDARD,
    marks: Mapping[tuple[int, int], Iterable[str]] | None = None,
    counts: Mapping[tuple[int, int], int] | None = None,
    url: str = "",
) -> MatrixView:
    """Draw a matrix in force. `url` holds the place of likelihood and impact."""
    version, scale = scale_in_force(family)
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

    rows, columns = scale.shape
    likelihoods = [Axis(s.value, s.label(words), s.means(words)) for s in scale.likelihoods]
    return MatrixView(
        version=version,
        impacts=[Axis(s.value, s.label(words), s.means(words)) for s in scale.impacts],
        likelihoods=likelihoods,
        rows=[
            MatrixRow(likelihoods[row - 1], [cell(row, impact) for impact in range(1, columns + 1)])
            for row in range(rows, 0, -1)
        ],
        levels=[
            LevelLine(level.tone, level.label(words), level.is_tolerable) for level in scale.levels
        ],
    )
