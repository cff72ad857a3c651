"""What would help: the cheapest way to meet a promise, and what each dependency would need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from math import inf

from assets.feasibility import Key, Node, own_times
from assets.graph_order import in_order
from assets.graph_shape import Groups, members
from assets.restoring import Restore, restore_again, restore_times

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


class World:
    """What one asset rests on, worked out once; asked again only what a change reaches is new."""

    def __init__(self, key: Key, nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]) -> None:
        below = _below(key, groups)
        self.key = key
        self.own = {one: _seconds(nodes[one].own_restore) for one in nodes if one in below}
        self.groups = {one: groups[one] for one in below if one in groups}
        needs = members(self.groups)
        self.order = in_order(self.own, needs)
        self.place = {one: place for place, many in enumerate(self.order) for one in many}
        self.above: dict[int, set[int]] = {}
        for one, many in needs.items():
            for lower in many:
                if self.place[lower] != self.place[one]:
                    self.above.setdefault(self.place[lower], set()).add(self.place[one])
        self.restores, _circles = restore_times(self.own, self.groups, self.order)

    def look(self) -> tuple[float, list[Key]]:
        """How long it takes, and along which path."""
        return self.restores[self.key].seconds, _path(self.key, self.restores)

    def try_out(self, one: Key, spent: float) -> float:
        """How long it would take if one asset took so long by itself."""
        restores = dict(self.restores)
        self._spread(one, {**self.own, one: spent}, restores)
        return restores[self.key].seconds

    def settle(self, one: Key, spent: float) -> None:
        """Let it be so from now on."""
        self.own[one] = spent
        self._spread(one, self.own, self.restores)

    def _spread(
        self, one: Key, own: Mapping[Key, float | None], restores: dict[Key, Restore]
    ) -> None:
        waiting = [self.place[one]]
        seen = set(waiting)
        while waiting:  # from the bottom up: nobody is asked before all that it needs
            component = self.order[place := heappop(waiting)]
            fresh = restore_again(component, own, self.groups, restores)
            first = component[0]  # a circle comes back as one
            is_new = fresh[first][:2] != restores[first][:2]
            restores |= fresh
            for higher in self.above.get(place, ()) if is_new else ():
                if higher not in seen:
                    seen.add(higher)
                    heappush(waiting, higher)


def _path(key: Key, restores: Mapping[Key, Restore]) -> list[Key]:
    path = [key]
    while (gate := restores[path[-1]].gate) is not None:
        path.append(gate)
    return path


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def cheapest_fix(
    key: Key, rto: timedelta, nodes: Mapping[Key, Node], groups: Mapping[Key, Groups]
) -> list[Fix]:
    """The fewest hours to take out so that an asset is back in time; empty if nothing helps.

    One asset alone if that is enough: the one that has to give up the smallest share of its time.
    Otherwise several, always the longest step of what is the critical path by then.
    """
    world, limit = World(key, nodes, groups), rto.total_seconds()
    takes, path = world.look()
    best: Fix | None = None
    # The longest first: what gives up the smallest share. Nothing helps with less than what is
    # over, so the first that gets by with just that is the cheapest, and who has less cannot help.
    for one in sorted(path, key=lambda step: (-(world.own[step] or 0.0), step)):
        if (world.own[one] or 0.0) < takes - limit:
            break
        fix = _single(one, limit, world)
        if fix is not None and (best is None or fix.saved < best.saved):
            best = fix
            if best.saved.total_seconds() <= takes - limit:
                break
    return [best] if best is not None else _several(limit, world)


def _single(one: Key, limit: float, world: World) -> Fix | None:
    spent = world.own[one]
    if not spent or world.try_out(one, 0.0) > limit:
        return None
    now = spent
    for _step in range(MOST_STEPS):
        over = world.try_out(one, now) - limit
        if over <= 0:
            return Fix(one, timedelta(seconds=spent), timedelta(seconds=now))
        # A second less here is at most a second less there: this never goes too far.
        now = max(now - over, 0.0)
    return Fix(one, timedelta(seconds=spent), timedelta())


def _several(limit: float, world: World) -> list[Fix]:
    before: dict[Key, float] = {}
    for _step in range(MOST_STEPS):
        takes, path = world.look()
        if takes <= limit:
            break
        longest = max(path, key=lambda one: world.own[one] or 0.0)
        spent = world.own[longest]
        if not spent:
            return []
        before.setdefault(longest, spent)
        world.settle(longest, max(spent - (takes - limit), 0.0))
    else:
        return []
    return [
        Fix(one, timedelta(seconds=spent), timedelta(seconds=world.own[one] or 0.0))
        for one, spent in sorted(before.items())
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
