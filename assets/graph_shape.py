"""The shape of a graph: who needs whom in which groups, and in which order things come back.

Spans change every day, arrows seldom: the shape is worked out once and kept for the next look.
An arrow that is drawn or taken away changes the shape where it stands, not everywhere.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from assets.graph_order import Component, Key, Needs, in_order

# For one asset: its groups of hard dependencies, each with how many of it are needed.
Groups = list[tuple[list[Key], int]]
# The graph in force, and those that are being tried out beside it.
KEPT = 4
# So many assets may have other arrows than before; beyond, everything is worked out anew.
FEW = 100


class Arrow(NamedTuple):
    """An asset needs another one; arrows with the same group are alternatives."""

    asset: Key
    depends_on: Key
    kind: str = "hard"
    group: str = ""
    needed: int = 1


@dataclass(frozen=True)
class Shape:
    """What can be said about a graph without its spans. Shared by all who look: read only."""

    groups: dict[Key, Groups]
    needs: dict[Key, list[Key]]
    order: list[Component]
    data: list[tuple[Key, Key]]
    data_needs: dict[Key, list[Key]]
    data_order: list[Component]

    @cached_property
    def place(self) -> dict[Key, int]:
        """When each asset comes back; those of one circle at once."""
        return {key: turn for turn, together in enumerate(self.order) for key in together}


@dataclass(frozen=True)
class Seen:
    """A graph whose shape is known."""

    keys: tuple[Key, ...]
    arrows: tuple[Arrow, ...]
    shape: Shape


# The graph that was looked at last. Replaced as a whole, so nobody sees half of one.
_last: list[Seen] = []


def forget_shapes() -> None:
    """Know no graph any more, as a process does that has just started."""
    shape_of.cache_clear()
    _last.clear()


@lru_cache(maxsize=KEPT)
def shape_of(keys: tuple[Key, ...], arrows: tuple[Arrow, ...]) -> Shape:
    """The shape of a graph; the same arrows are not ordered twice."""
    last = next(iter(_last), None)
    shape = None if last is None else redrawn(last, keys, arrows)
    if shape is None:
        shape = _drawn(set(keys), keys, arrows)
    _last[:] = [Seen(keys, arrows, shape)]
    return shape


def _drawn(known: set[Key], keys: tuple[Key, ...], arrows: Iterable[Arrow]) -> Shape:
    groups = hard_groups(known, arrows)
    needs = members(groups)
    data = _data(known, arrows)
    return Shape(groups, needs, in_order(keys, needs), data, *data_shape(data))


def redrawn(last: Seen, keys: tuple[Key, ...], arrows: tuple[Arrow, ...]) -> Shape | None:
    """The shape that was known, changed where arrows came or went; None if too much is new."""
    if last.keys != keys:
        return None
    other = [*apart(last.arrows, arrows), *apart(arrows, last.arrows)]
    changed = {arrow.asset for arrow in other}
    if len(changed) > FEW:
        return None
    known = set(keys)
    was = last.shape
    here = hard_groups(known, [arrow for arrow in arrows if arrow.asset in changed])
    groups = {key: one for key, one in was.groups.items() if key not in changed} | here
    needs = {key: one for key, one in was.needs.items() if key not in changed} | members(here)
    stays = all(_stays(key, needs, was) for key in changed & known)
    order = was.order if stays else in_order(keys, needs)
    shape = replace(was, groups=groups, needs=needs, order=order)
    if any(arrow.kind == "data" for arrow in other):
        data = _data(known, arrows)
        data_needs, data_order = data_shape(data)
        shape = replace(shape, data=data, data_needs=data_needs, data_order=data_order)
    return shape


def apart(some: Sequence[Arrow], others: Sequence[Arrow]) -> Sequence[Arrow]:
    """What stands in the first row between the beginning and the end that both rows share."""
    shorter = min(len(some), len(others))
    pairs = zip(some, others, strict=False)
    start = next((turn for turn, (one, other) in enumerate(pairs) if one != other), shorter)
    back = zip(reversed(some), reversed(others), strict=False)
    end = next((turn for turn, (one, other) in enumerate(back) if one != other), shorter)
    return some[start : len(some) - min(end, shorter - start)]


def _stays(key: Key, needs: Needs, was: Shape) -> bool:
    """Whether an asset keeps its turn: it stood in no circle, and all it needs come before it."""
    turn = was.place[key]
    return len(was.order[turn]) == 1 and all(was.place[one] < turn for one in needs.get(key, ()))


def _data(known: set[Key], arrows: Iterable[Arrow]) -> list[tuple[Key, Key]]:
    return [
        (arrow.asset, arrow.depends_on)
        for arrow in arrows
        if arrow.kind == "data" and arrow.asset in known and arrow.depends_on in known
    ]


def hard_groups(keys: Collection[Key], arrows: Iterable[Arrow]) -> dict[Key, Groups]:
    """The hard arrows by asset; an arrow without a group is a group of its own."""
    plain: dict[Key, Groups] = {}
    named: dict[tuple[Key, str], tuple[list[Key], int]] = {}
    for asset, depends_on, kind, group, needed in arrows:
        if kind != "hard" or asset not in keys or depends_on not in keys:
            continue
        if not group:
            plain.setdefault(asset, []).append(([depends_on], 1))
        elif (asset, group) in named:
            named[asset, group][0].append(depends_on)
        else:
            named[asset, group] = ([depends_on], needed)
            plain.setdefault(asset, []).append(named[asset, group])
    return plain


def data_shape(data: Iterable[tuple[Key, Key]]) -> tuple[dict[Key, list[Key]], list[Component]]:
    """From whom each asset gets its data, and the order of all that have to do with data."""
    needs: dict[Key, list[Key]] = {}
    touched: dict[Key, None] = {}
    for asset, source in data:
        needs.setdefault(asset, []).append(source)
        touched[asset] = touched[source] = None
    return needs, in_order(touched, needs)


def members(groups: Mapping[Key, Groups]) -> dict[Key, list[Key]]:
    """What each asset needs, whatever the group."""
    return {
        key: sets[0][0] if len(sets) == 1 else [one for group, _needed in sets for one in group]
        for key, sets in groups.items()
    }
