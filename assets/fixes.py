"""What would help: the cheapest way to meet a promise, and what each dependency would need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from assets.feasibility import Groups, Key, Node, own_times
from assets.graph_order import in_order
from assets.restoring import members, restore_times

# A fix is looked for step by step; a graph that needs more steps needs a person.
MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Fix:
    """Bring the own restore time of one asset down."""

    asset: Key
    spent: timedelta
    to: timedelta

    @property
    def saved(self) -> timedelta:
        """How much shorter it becomes."""
        return self.spent - self.to


class _World:
    """What one asset rests on, with its order worked out once: it is asked again and again."""

    def __init__(self, key: Key, nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]) -> None:
        below = _below(key, groups)
        self.key = key
        self.own = {one: span for one, span in own_times(nodes).items() if one in below}
        self.groups = {one: groups[one] for one in below if one in groups}
        self.order = in_order(self.own, members(self.groups))

    def look(self, own: Mapping[Key, float | None]) -> tuple[float, list[Key]]:
        """How long it takes with these own times, and along which path."""
        restores, _circles = restore_times(own, self.groups, self.order)
        path = [self.key]
        while (gate := restores[path[-1]].gate) is not None:
            path.append(gate)
        return restores[self.key].seconds, path


def cheapest_fix(
    key: Key, rto: timedelta, nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]
) -> list[Fix]:
    """The fewest hours to take out so that an asset is back in time; empty if nothing helps.

    One asset alone if that is enough: the one that has to give up the smallest share of its time.
    Otherwise several, always the longest step of what is the critical path by then.
    """
    world, limit = _World(key, nodes, groups), rto.total_seconds()
    takes, path = world.look(world.own)
    best: Fix | None = None
    # The longest first: what gives up the smallest share. Nothing helps with less than what is
    # over, so the first that gets by with just that is the cheapest.
    for one in sorted(path, key=lambda step: (-(world.own[step] or 0.0), step)):
        fix = _single(one, limit, world)
        if fix is not None and (best is None or fix.saved < best.saved):
            best = fix
            if best.saved.total_seconds() <= takes - limit:
                break
    return [best] if best is not None else _several(limit, world)


def _single(one: Key, limit: float, world: _World) -> Fix | None:
    spent = world.own[one]
    if not spent or world.look(world.own | {one: 0.0})[0] > limit:
        return None
    now = spent
    for _step in range(MOST_STEPS):
        over = world.look(world.own | {one: now})[0] - limit
        if over <= 0:
            return Fix(one, timedelta(seconds=spent), timedelta(seconds=now))
        # A second less here is at most a second less there: this never goes too far.
        now = max(now - over, 0.0)
    return Fix(one, timedelta(seconds=spent), timedelta())


def _several(limit: float, world: _World) -> list[Fix]:
    now = dict(world.own)
    for _step in range(MOST_STEPS):
        takes, path = world.look(now)
        if takes <= limit:
            break
        longest = max(path, key=lambda one: now[one] or 0.0)
        if not now[longest]:
            return []
        now[longest] = max((now[longest] or 0.0) - (takes - limit), 0.0)
    else:
        return []
    return [
        Fix(one, timedelta(seconds=spent), timedelta(seconds=now[one] or 0.0))
        for one, spent in world.own.items()
        if spent is not None and spent != now[one]
    ]


def _below(key: Key, groups: Mapping[Key, Groups]) -> set[Key]:
    seen, waiting = {key}, [key]
    while waiting:
        for group, _needed in groups.get(waiting.pop(), ()):
            for one in group:
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
    return seen


@dataclass(frozen=True, slots=True)
class Budget:
    """When something must be back so that everything above it can keep its promise.

    `for_asset` is whose promise is the tightest. Without `is_exact` an unknown time above it eats
    a part of the budget that nobody knows: it must be back even sooner.
    """

    within: timedelta
    for_asset: Key
    is_exact: bool


def budgets(nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]) -> dict[Key, Budget]:
    """Push every RTO down along the hard arrows: what is left after each own restore time."""
    needs = members(groups)
    found: dict[Key, tuple[float, Key, bool]] = {
        key: (node.rto.total_seconds(), key, True)
        for key, node in nodes.items()
        if node.rto is not None
    }
    own = own_times(nodes)
    for component in reversed(in_order(nodes, needs)):
        for key in component:
            if key not in found:
                continue
            within, whose, is_exact = found[key]
            spent = own[key]
            left = (max(within - (spent or 0.0), 0.0), whose, is_exact and spent is not None)
            for one in needs.get(key, ()):
                if one not in component and left[0] < found.get(one, (inf,))[0]:
                    found[one] = left
    return {
        key: Budget(timedelta(seconds=within), whose, is_exact)
        for key, (within, whose, is_exact) in found.items()
    }
