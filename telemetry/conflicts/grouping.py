"""Which reports tell of the same conflict: those that share a side, directly or through others."""

from collections.abc import Hashable, Iterable, Sequence

Names = frozenset[Hashable]


def same_conflict(names: Sequence[Names]) -> list[list[int]]:
    """Numbers of reports put together by the names they share; the order of reports is nothing."""
    groups: list[tuple[set[int], set[Hashable]]] = []
    for number, mine in enumerate(names):
        touched = [group for group in groups if not group[1].isdisjoint(mine)]
        groups = [group for group in groups if group[1].isdisjoint(mine)]
        members = {number}.union(*(group[0] for group in touched))
        known = set(mine).union(*(group[1] for group in touched))
        groups.append((members, known))
    return sorted(sorted(members) for members, _known in groups)


def names_of(conflict_id: str, sides: Iterable[tuple[str, str]]) -> Names:
    """By what a report can be recognised: its own number and the sides it names."""
    return frozenset({("id", conflict_id), *(("side", *side) for side in sides)})
