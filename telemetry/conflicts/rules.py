"""What each kind of rule makes of one clashing field, and when it refuses to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from telemetry.conflicts.merge import FieldMerge, same
from telemetry.conflicts.versions import Version

NEVER_AUTOMATIC = frozenset({"money", "balance", "medical", "grade"})
STOCK = "stock"


@dataclass(frozen=True)
class RuleFacts:
    """A rule as the arithmetic needs it."""

    code: str
    kind: str
    master: str = ""
    roles: tuple[str, ...] = ()
    moves: Mapping[str, Sequence[str]] = field(default_factory=dict)
    data_class: str = "ordinary"
    limit: Decimal | None = None
    safety: Decimal | None = None


@dataclass(frozen=True)
class Ruling:
    """What a rule says: a value and whose it is, or the word for why it refuses."""

    value: Any = None
    by: tuple[int, ...] = ()
    refusal: str = ""


def apply_rule(rule: RuleFacts, told: FieldMerge, versions: Sequence[Version]) -> Ruling:
    """Ask a rule about a field; a kind that nobody knows is decided by hand."""
    kind = _KINDS.get(rule.kind)
    return kind(rule, told, versions) if kind else Ruling(refusal="by_hand")


def _holders(told: FieldMerge, value: Any) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(told.told) if same(one, value))


def _latest(_rule: RuleFacts, told: FieldMerge, versions: Sequence[Version]) -> Ruling:
    """The clock veto: an order is claimed only where the measured intervals do not touch."""
    if any(version.is_jumped for version in versions):
        return Ruling(refusal="clock_jumped")
    intervals = [version.interval for version in versions]
    if any(interval is None for interval in intervals):
        return Ruling(refusal="clock_unknown")
    measured = [interval for interval in intervals if interval is not None]
    newest = max(range(len(measured)), key=lambda number: measured[number])
    value = told.told[newest]
    rivals = [measured[number][1] for number, one in enumerate(told.told) if not same(one, value)]
    if any(high >= measured[newest][0] for high in rivals):
        return Ruling(refusal="clock_overlap")
    return Ruling(value, _holders(told, value))


def _one_of(told: FieldMerge, numbers: Sequence[int], refusal: str) -> Ruling:
    """The value on which these sides agree."""
    if not numbers or not all(same(told.told[one], told.told[numbers[0]]) for one in numbers):
        return Ruling(refusal=refusal)
    value = told.told[numbers[0]]
    return Ruling(value, _holders(told, value))


def _master(rule: RuleFacts, told: FieldMerge, versions: Sequence[Version]) -> Ruling:
    masters = [n for n, version in enumerate(versions) if version.source == rule.master]
    return _one_of(told, masters, "no_master")


def _role_order(rule: RuleFacts, told: FieldMerge, versions: Sequence[Version]) -> Ruling:
    if any(version.role not in rule.roles for version in versions):
        return Ruling(refusal="no_role")
    ranks = [rule.roles.index(version.role) for version in versions]
    first = [number for number, rank in enumerate(ranks) if rank == min(ranks)]
    return _one_of(told, first, "same_role")


def as_number(value: object) -> Decimal | None:
    """A JSON number exactly; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return None


def _plain(value: Decimal, *, whole: bool) -> int | float:
    return int(value) if whole else float(value)


def _sum(_rule: RuleFacts, told: FieldMerge, versions: Sequence[Version]) -> Ruling:
    """Each side's change counts: before plus all that was added and taken away."""
    if told.ancestor is None:
        return Ruling(refusal="no_ancestor")
    before = as_number(told.ancestor)
    values = [as_number(value) for value in told.told]
    numbers = [value for value in values if value is not None]
    if before is None or len(numbers) != len(values):
        return Ruling(refusal="not_a_number")
    total = before + sum((value - before for value in numbers), Decimal(0))
    whole = all(isinstance(value, int) for value in (*told.told, told.ancestor))
    return Ruling(_plain(total, whole=whole), tuple(range(len(versions))))


def _state_machine(rule: RuleFacts, told: FieldMerge, _versions: Sequence[Version]) -> Ruling:
    """The state that can still be reached from all others is the later one."""
    states = [str(value) for value in told.told]
    known = {*rule.moves, *(to for targets in rule.moves.values() for to in targets)}
    if not known.issuperset(states):
        return Ruling(refusal="no_path")
    if told.ancestor is not None and not all(
        state in reachable(rule.moves, str(told.ancestor)) for state in states
    ):
        return Ruling(refusal="no_path")
    last = [
        number
        for number, state in enumerate(states)
        if all(state in reachable(rule.moves, other) for other in states)
    ]
    return _one_of(told, last, "no_path")


def reachable(moves: Mapping[str, Sequence[str]], start: str) -> frozenset[str]:
    """Every state that can follow, the first one included."""
    found, fresh = {start}, {start}
    while fresh:
        fresh = {to for state in fresh for to in moves.get(state, ())} - found
        found |= fresh
    return frozenset(found)


def _by_hand(_rule: RuleFacts, _told: FieldMerge, _versions: Sequence[Version]) -> Ruling:
    return Ruling(refusal="by_hand")


_KINDS: dict[str, Callable[[RuleFacts, FieldMerge, Sequence[Version]], Ruling]] = {
    "latest": _latest,
    "master": _master,
    "role_order": _role_order,
    "sum": _sum,
    "state_machine": _state_machine,
    "by_hand": _by_hand,
}


def is_over_limit(rule: RuleFacts, values: Sequence[Any]) -> bool:
    """Whether any amount is beyond what one person may settle."""
    amounts = [number for value in values if (number := as_number(value)) is not None]
    return rule.limit is not None and any(abs(amount) > rule.limit for amount in amounts)


def guard(rule: RuleFacts, values: Sequence[Any]) -> str:
    """The word for why this may never happen by itself; empty when it may."""
    if rule.data_class in NEVER_AUTOMATIC:
        return "guarded"
    if is_over_limit(rule, values):
        return "over_limit"
    if rule.data_class == STOCK:
        amounts = [as_number(value) for value in values if value is not None]
        if rule.safety is None or any(one is None or one < rule.safety for one in amounts):
            return "below_safety"
    return ""
