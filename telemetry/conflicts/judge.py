"""The whole record: fields merged, rules asked, guards heard; what follows, and why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telemetry.conflicts.merge import FieldMerge, FieldState, merge_fields, same
from telemetry.conflicts.rules import RuleFacts, apply_rule, guard, is_over_limit
from telemetry.conflicts.versions import Version

FindRule = Callable[[str], RuleFacts | None]
CLOCK = frozenset({"clock_jumped", "clock_unknown", "clock_overlap"})


@dataclass(frozen=True)
class FieldVerdict:
    """One field: what is proposed, by which rule, and what keeps it from happening by itself."""

    name: str
    state: FieldState
    told: tuple[Any, ...]
    ancestor: Any
    rule: RuleFacts | None
    has_proposal: bool
    proposal: Any
    by: tuple[int, ...]
    refusal: str
    guard: str
    is_over_limit: bool

    @property
    def differs(self) -> bool:
        """Whether the sides do not all say the same."""
        return self.state is not FieldState.SAME


@dataclass(frozen=True)
class Judgement:
    """What follows for a record."""

    fields: tuple[FieldVerdict, ...]
    is_critical: bool
    is_incomplete: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every word for why a person must look, sorted; none: it settles itself."""
        words = {verdict.refusal for verdict in self.fields} | {v.guard for v in self.fields}
        if self.is_critical:
            words.add("critical")
        if self.is_incomplete:
            words.add("incomplete")
        return tuple(sorted(words - {""}))

    @property
    def is_automatic(self) -> bool:
        """Whether field merge and rules settle all of it."""
        return not self.reasons

    @property
    def is_over_limit(self) -> bool:
        """Whether a second person is needed."""
        return any(verdict.is_over_limit for verdict in self.fields)

    @property
    def is_clock_vetoed(self) -> bool:
        """Whether "the latest wins" was refused because of the clocks."""
        return not CLOCK.isdisjoint(self.reasons)

    @property
    def result(self) -> dict[str, Any]:
        """The record as field merge and rules propose it; without the fields nobody proposes."""
        return {one.name: one.proposal for one in self.fields if one.has_proposal}


def judge(
    ancestor: Mapping[str, Any] | None,
    versions: Sequence[Version],
    find_rule: FindRule,
    *,
    is_critical: bool = False,
) -> Judgement:
    """Field merge first, then the rule of each field that clashes, then the guards."""
    fields = merge_fields(ancestor, versions)
    verdicts = tuple(_judge_field(one, versions, find_rule(one.name)) for one in fields)
    return Judgement(verdicts, is_critical, is_incomplete=len(versions) < 2)


def _judge_field(
    told: FieldMerge, versions: Sequence[Version], rule: RuleFacts | None
) -> FieldVerdict:
    has, value, by, refusal = True, told.value, told.by, ""
    if told.state is FieldState.CLASH:
        has, value, by, refusal = False, None, (), "no_rule"
        if rule is not None:
            ruling = apply_rule(rule, told, versions)
            has, refusal = not ruling.refusal, ruling.refusal
            value, by = ruling.value, ruling.by
    guarded, over = "", False
    if rule is not None and told.state is not FieldState.SAME:
        amounts = [*told.told, value] if has else list(told.told)
        guarded, over = guard(rule, amounts), is_over_limit(rule, amounts)
    return FieldVerdict(
        name=told.name,
        state=told.state,
        told=told.told,
        ancestor=told.ancestor,
        rule=rule,
        has_proposal=has,
        proposal=value,
        by=by,
        refusal=refusal,
        guard=guarded,
        is_over_limit=over,
    )


def lost_values(verdict: FieldVerdict, value: Any) -> list[int]:
    """The sides whose word in this field is given up by a value; a sum gives up none."""
    if verdict.rule is not None and verdict.rule.kind == "sum" and same(value, verdict.proposal):
        return []
    kept = (value, verdict.ancestor) if verdict.state is FieldState.ONE_SIDE else (value,)
    return [
        number
        for number, told in enumerate(verdict.told)
        if not any(same(told, one) for one in kept)
    ]
