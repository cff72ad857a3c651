"""The shape of a graph: who needs whom in which groups, and in which order things come back.

Spans change every day, arrows seldom: the shape is worked out once and kept for the next look.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from assets.graph_order import Component, Key, Needs, in_order

# For one asset: its groups of hard dependencies, each with how many of it are needed.
Groups = list[tuple[list[Key], int]]
# The graph in force, and those that are being tried out beside it.
KEPT = 4


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
    order: list[Component]
    data: list[tuple[Key, Key]]
    data_needs: dict[Key, list[Key]]
    data_order: list[Component]


@lru_cache(maxsize=KEPT)
def shape_of(keys: tuple[Key, ...], arrows: tuple[Arrow, ...]) -> Shape:
    """The shape of a graph; the same arrows are not ordered twice."""
    known = set(keys)
    groups = hard_groups(known, arrows)
    data = [
        (arrow.asset, arrow.depends_on)
        for arrow in arrows
        if arrow.kind == "data" and arrow.asset in known and arrow.depends_on in known
    ]
    needs, order = data_shape(data)
    return Shape(groups, in_order(keys, members(groups)), data, needs, order)


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


def members(groups: Mapping[Key, Groups]) -> Needs:
    """What each asset needs, whatever the group."""
    return {
        key: sets[0][0] if len(sets) == 1 else [one for group, _needed in sets for one in group]
        for key, sets in groups.items()
    }
