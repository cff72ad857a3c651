"""Field by field: what is the same, what only one side changed, and what clashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from telemetry.conflicts.versions import Version, contents, digest_of


class FieldState(Enum):
    """How the sides stand to each other in one field."""

    SAME = "same"
    ONE_SIDE = "one_side"
    CLASH = "clash"


@dataclass(frozen=True)
class FieldMerge:
    """One field. `value` is what follows without any rule; of a clash nothing follows."""

    name: str
    state: FieldState
    told: tuple[Any, ...]
    ancestor: Any
    value: Any = None
    # Numbers of the sides that hold `value`.
    by: tuple[int, ...] = ()


def same(one: object, other: object) -> bool:
    """Whether two values are equal as JSON: 1 is not true, and 1 is not "1"."""
    return digest_of(one) == digest_of(other)


def merge_fields(
    ancestor: Mapping[str, Any] | None, versions: Sequence[Version]
) -> list[FieldMerge]:
    """Compare the sides. A field that a side does not have is empty there.

    With a common ancestor a value that only one side changed (or all changed to the same) is taken;
    without one nobody knows who changed it, and every difference clashes.
    """
    sides = contents(versions)
    known = None if ancestor is None or not _fits(ancestor, sides) else ancestor
    names = sorted({name for side in [*sides, known or {}] for name in side})
    return [_merge(name, sides, known) for name in names]


def _fits(ancestor: Mapping[str, Any], sides: Sequence[Mapping[str, Any]]) -> bool:
    return any(name in side for side in sides for name in ancestor)


def _merge(
    name: str, sides: Sequence[Mapping[str, Any]], ancestor: Mapping[str, Any] | None
) -> FieldMerge:
    told = tuple(side.get(name) for side in sides)
    before = ancestor.get(name) if ancestor is not None else None
    if all(same(value, told[0]) for value in told):
        return FieldMerge(name, FieldState.SAME, told, before, told[0], tuple(range(len(told))))
    if ancestor is not None:
        changed = [number for number, value in enumerate(told) if not same(value, before)]
        value = told[changed[0]]
        if all(same(told[number], value) for number in changed):
            return FieldMerge(name, FieldState.ONE_SIDE, told, before, value, tuple(changed))
    return FieldMerge(name, FieldState.CLASH, told, before)
