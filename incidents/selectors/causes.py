"""The tree of causes as it is drawn: line by line, each with its number and its depth."""

from collections import defaultdict
from dataclasses import dataclass

from incidents.models import Cause, CauseEvidence, Review


@dataclass(frozen=True)
class CauseLine:
    """One cause: its number (2.1), how deep it lies, and what shows it."""

    cause: Cause
    number: str
    depth: int
    evidence: list[CauseEvidence]


def cause_lines(review: Review) -> list[CauseLine]:
    """The whole tree in the order in which it is read; three queries."""
    under: dict[int | None, list[Cause]] = defaultdict(list)
    for cause in Cause.objects.filter(review=review).for_tree():
        under[cause.parent_id].append(cause)
    return _lines(under, None, "", 1)


def _lines(
    under: dict[int | None, list[Cause]], parent: int | None, prefix: str, depth: int
) -> list[CauseLine]:
    lines = []
    for place, cause in enumerate(under[parent], 1):
        number = f"{prefix}{place}"
        lines.append(CauseLine(cause, number, depth, list(cause.evidence.all())))
        lines += _lines(under, cause.pk, f"{number}.", depth + 1)
    return lines
