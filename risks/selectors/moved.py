"""A manager's home: what moved in the register since a moment, why, and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import ngettext

from bcp_portal.accounts.models import User
from risks.models import (
    Acceptance,
    Indicator,
    LikelihoodProposal,
    Outcome,
    RegisterVisit,
    Risk,
    RiskEvidence,
)
from risks.selectors.as_of import ChangedRow, difference_of, picture_of
from risks.selectors.digest import waiting_for_people
from risks.selectors.indicators import IndicatorLine, indicator_lines
from risks.selectors.matrix import scales_in_force

USUAL = timedelta(days=7)
LONGEST = timedelta(days=400)
MOST_SAID = 200


@dataclass(frozen=True)
class LevelMove:
    """A risk whose level is not what it was."""

    code: str
    title: str
    before: str
    after: str
    is_worse: bool
    why: str
    who: str


@dataclass(frozen=True)
class SaidLine:
    """What incidents said about one risk."""

    risk: Risk
    said: list[RiskEvidence]

    @property
    def waiting(self) -> int:
        """How much of it nobody has weighed yet."""
        return sum(one.outcome == Outcome.WAITING for one in self.said)

    @property
    def waiting_words(self) -> str:
        """The same in words."""
        return ngettext("%d to weigh", "%d to weigh", self.waiting) % self.waiting


@dataclass(frozen=True)
class Moved:
    """What the page shows."""

    since: datetime
    at: datetime
    levels: list[LevelMove]
    fresh: list[ChangedRow]
    gone: list[ChangedRow]
    edited: list[ChangedRow]
    indicators: list[IndicatorLine]
    ended: list[Acceptance]
    evidence: list[SaidLine]
    proposals: list[LikelihoodProposal]
    waiting: dict[str, list[str]]
    overdue: int
    judge_again: int

    @property
    def is_calm(self) -> bool:
        """Did nothing move at all?"""
        moved = (self.levels, self.fresh, self.gone, self.edited, self.indicators, self.ended)
        return not any((*moved, self.evidence))


def last_seen(user: User, at: datetime) -> datetime:
    """When this person last said to have seen it; a week ago if never."""
    visit = RegisterVisit.objects.filter(person=user).first()
    return max(visit.seen_at, at - LONGEST) if visit else at - USUAL


def what_moved(user: User, *, since: datetime, at: datetime) -> Moved:
    """Gather what moved in a fixed number of queries."""
    difference = difference_of(
        picture_of("risk", since, user=user), picture_of("risk", at, user=user)
    )
    ranks = scales_in_force().ranks()
    levels = [move for row in difference.changed for move in _level(row, ranks)]
    moved = {move.code for move in levels}
    mine = Risk.objects.visible_to(user)
    tipped = Indicator.objects.visible_to(user).in_use().filter(status_since__gte=since)
    acceptances = Acceptance.objects.visible_to(user).filter(ended_at__gte=since)
    evidence = RiskEvidence.objects.visible_to(user).filter(offered_at__gte=since)
    proposals = LikelihoodProposal.objects.visible_to(user).waiting().select_related("risk")
    waiting = waiting_for_people(at).get(user.pk)
    return Moved(
        since=since,
        at=at,
        levels=levels,
        fresh=[row for row in difference.changed if row.how == "new"],
        gone=[row for row in difference.changed if row.how == "gone"],
        edited=[
            row for row in difference.changed if row.how == "changed" and row.code not in moved
        ],
        indicators=indicator_lines(tipped.for_list().order_by("-status_since"), at=at),
        ended=list(acceptances.filter(accepted_at__isnull=False).for_list()[:50]),
        evidence=_by_risk(evidence.for_list().order_by("-offered_at")[:MOST_SAID]),
        proposals=list(proposals.order_by("-offered_at")[:50]),
        waiting=waiting.facts() if waiting else {},
        overdue=mine.review_overdue(at.date()).count(),
        judge_again=mine.in_force().filter(Q(reassess_since__isnull=False)).count(),
    )


def _by_risk(found: Iterable[RiskEvidence]) -> list[SaidLine]:
    """One line for each risk, in the order of the newest thing said."""
    lines: dict[int, SaidLine] = {}
    for one in found:
        lines.setdefault(one.risk_id, SaidLine(one.risk, [])).said.append(one)
    return list(lines.values())


def _level(row: ChangedRow, ranks: dict[str, int]) -> list[LevelMove]:
    """The move of the residual level, with the reason of the last step that changed it."""
    field = next((one for one in row.fields if one.field == "residual"), None)
    if field is None or row.how != "changed":
        return []
    step = row.steps[-1] if row.steps else None
    judged = next((one for one in reversed(row.steps) if one.reason), step)
    return [
        LevelMove(
            code=row.code,
            title=row.title,
            before=field.before,
            after=field.after,
            is_worse=_weight(field.after, ranks) > _weight(field.before, ranks),
            why=judged.reason if judged else "",
            who=judged.actor if judged else "",
        )
    ]


def _weight(words: str, ranks: dict[str, int]) -> tuple[int, int]:
    """How bad a judgement in words is: its level first, then its place; unrated weighs nothing."""
    if not words:
        return (-1, 0)
    place, level = words.split(" ", 1)
    likelihood, impact = place.split("×")
    return (ranks.get(level, 99), int(likelihood) * int(impact))
