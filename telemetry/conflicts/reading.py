"""A case read as a whole: its sides, what they come from, and what field merge and rules say."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telemetry.conflicts.judge import CLOCK, Judgement, judge
from telemetry.conflicts.rules import RuleFacts
from telemetry.conflicts.versions import Version, ancestor_of, unite
from telemetry.models.conflict_case import ConflictCase, ConflictVersion, ConflictWhy
from telemetry.models.conflict_rule import ConflictRule, finder

ANSWER_WITHIN = timedelta(hours=4)
CRITICAL_WITHIN = timedelta(hours=1)
# The gravest first: that one is shown in the list.
_GRAVITY: tuple[tuple[str, ConflictWhy], ...] = (
    ("critical", ConflictWhy.CRITICAL),
    ("over_limit", ConflictWhy.OVER_LIMIT),
    ("guarded", ConflictWhy.GUARDED),
    ("below_safety", ConflictWhy.BELOW_SAFETY),
    *((word, ConflictWhy.CLOCK) for word in sorted(CLOCK)),
    ("by_hand", ConflictWhy.BY_HAND),
    ("no_rule", ConflictWhy.NO_RULE),
)


@dataclass(frozen=True)
class CaseReading:
    """Everything that is known about a case, and what follows."""

    versions: tuple[Version, ...]
    ancestor: Mapping[str, Any] | None
    judgement: Judgement
    answer_within: timedelta

    @property
    def why(self) -> ConflictWhy:
        """The gravest reason for which a person must look."""
        reasons = self.judgement.reasons
        if not reasons:
            return ConflictWhy.NONE
        return next((why for word, why in _GRAVITY if word in reasons), ConflictWhy.REFUSED)


def rules_in_force() -> list[ConflictRule]:
    """Every rule that counts today."""
    return list(ConflictRule.objects.filter(retired_at=None))


def read_case(case: ConflictCase, rules: Iterable[ConflictRule] | None = None) -> CaseReading:
    """Read a case by the rules in force; two queries, or one when the rules are given."""
    known = rules_in_force() if rules is None else rules
    rows: Iterable[ConflictVersion] = case.versions.all()
    versions = tuple(unite(row.told() for row in rows))
    return read_sides(versions, finder(known, case.entity), is_critical=case.is_critical)


def read_sides(
    versions: tuple[Version, ...],
    find: Callable[[str], ConflictRule | None],
    *,
    is_critical: bool,
) -> CaseReading:
    """Read sides by given rules."""
    ancestor = ancestor_of(versions)

    def facts(name: str) -> RuleFacts | None:
        rule = find(name)
        return rule.facts() if rule else None

    judgement = judge(ancestor, versions, facts, is_critical=is_critical)
    spans = [
        rule.answer_within
        for verdict in judgement.fields
        if verdict.differs and (rule := find(verdict.name)) is not None
    ]
    within = min(spans, default=ANSWER_WITHIN)
    if is_critical:
        within = min(within, CRITICAL_WITHIN)
    return CaseReading(versions, ancestor, judgement, within)
