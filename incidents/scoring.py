"""How well a response went, and which rehearsal would prove most; no database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

MEASURES = {
    "detect": _("Detect"),
    "decide": _("Decide"),
    "contain": _("Contain"),
    "recover": _("Recover"),
    "communicate": _("Communicate"),
}
Span = timedelta | None


@dataclass(frozen=True)
class ScoreLine:
    """One measure: what it took, what was allowed, and the points."""

    name: str
    took: Span
    limit: Span
    points: int | None


@dataclass(frozen=True)
class Candidate:
    """A rehearsal that could be held: what it would prove, and how long it takes."""

    key: Any
    path: tuple[int, ...]
    hours: float


@dataclass(frozen=True)
class Ranked:
    """A candidate with its worth: the unproven things on its path, weighed, for each hour."""

    candidate: Candidate
    unproven: tuple[int, ...]
    worth: float


def points_for(took: Span, limit: Span) -> int | None:
    """100 within the limit, down to 0 at twice of it; never done is 0, no limit is unknown."""
    if limit is None or limit <= timedelta(0):
        return None
    if took is None:
        return 0
    over = (took - limit) / limit
    return round(100 * max(0.0, min(1.0, 1 - over)))


def score_of(took: Mapping[str, Span], limits: Mapping[str, Span]) -> dict[str, Any]:
    """The score as it is kept: every measure, and the mean of those that could be judged."""
    lines = [
        {
            "name": name,
            "took_s": _seconds(took.get(name)),
            "limit_s": _seconds(limits.get(name)),
            "points": points_for(took.get(name), limits.get(name)),
        }
        for name in MEASURES
    ]
    judged = [line["points"] for line in lines if line["points"] is not None]
    total = round(sum(map(int, judged)) / len(judged)) if judged else None
    return {"lines": lines, "total": total}


def score_lines(score: Mapping[str, Any]) -> list[ScoreLine]:
    """A kept score as values."""
    return [
        ScoreLine(line["name"], _span(line["took_s"]), _span(line["limit_s"]), line["points"])
        for line in score.get("lines", [])
    ]


def rank(
    candidates: Iterable[Candidate], *, unproven: Mapping[int, int], most: int = 5
) -> list[Ranked]:
    """The rehearsals that prove most for each hour, the best first.

    `unproven` holds the weight of each thing that nothing proves yet; 4 for the vital ones.
    """
    left = dict(unproven)
    ranked: list[Ranked] = []
    waiting = list(candidates)
    while waiting and len(ranked) < most:
        # What an earlier suggestion would prove is no merit of a later one.
        best = max((_judged(one, left) for one in waiting), key=_order)
        if not best.unproven:
            break
        ranked.append(best)
        waiting.remove(best.candidate)
        left = {key: weight for key, weight in left.items() if key not in best.unproven}
    return ranked


def _judged(candidate: Candidate, unproven: Mapping[int, int]) -> Ranked:
    open_ones = tuple(key for key in candidate.path if key in unproven)
    worth = sum(unproven[key] for key in open_ones) / max(candidate.hours, 0.25)
    return Ranked(candidate, open_ones, worth)


def _order(one: Ranked) -> tuple[float, float]:
    return one.worth, -one.candidate.hours


def _seconds(span: Span) -> float | None:
    return None if span is None else span.total_seconds()


def _span(seconds: float | None) -> Span:
    return None if seconds is None else timedelta(seconds=seconds)
