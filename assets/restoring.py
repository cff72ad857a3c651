"""How long everything takes to come back, and how much its data may lag. No database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple

from assets.graph_order import Component, Key, in_order
from assets.graph_shape import Groups, members


class Restore(NamedTuple):
    """How long an asset takes to come back, with everything it needs.

    `low`: at least so long, whatever the unknown times are. `high`: at most so long; infinite if
    something unknown decides. `gate` is the hard dependency that is slowest.
    """

    low: float
    high: float
    gate: Key | None

    @property
    def is_known(self) -> bool:
        """Whether no unknown time can make it longer."""
        return self.high < inf

    @property
    def seconds(self) -> float:
        """The time that can be counted on, or what is known of it so far."""
        return self.high if self.high < inf else self.low


def restore_times(
    own: Mapping[Key, float | None],
    groups: Mapping[Key, Groups],
    order: Sequence[Component] | None = None,
) -> tuple[dict[Key, Restore], list[Component]]:
    """Own time plus the slowest hard dependency, for every asset; and the circles, if any.

    What hangs in a circle has no first to start: together it takes at least as long as the longest
    of its own times, and nobody knows how long. Who asks again and again brings the order along.
    """
    restores: dict[Key, Restore] = {}
    circles: list[Component] = []
    for component in in_order(own, members(groups)) if order is None else order:
        if len(component) == 1:
            key = component[0]
            restores[key] = _restore(own[key], groups.get(key), restores)
        else:
            circles.append(component)
            restores |= _circle(component, own, groups, restores)
    return restores, circles


def restore_again(
    component: Component,
    own: Mapping[Key, float | None],
    groups: Mapping[Key, Groups],
    done: Mapping[Key, Restore],
) -> dict[Key, Restore]:
    """The same for one asset, or one circle, whose needs are already worked out."""
    if len(component) > 1:
        return _circle(component, own, groups, done)
    key = component[0]
    return {key: _restore(own[key], groups.get(key), done)}


def _restore(own: float | None, groups: Groups | None, done: Mapping[Key, Restore]) -> Restore:
    start, limit = (0.0, inf) if own is None else (own, own)
    if not groups:
        return Restore(start, limit, None)
    low = high = -1.0
    low_gate = high_gate = None
    for group, needed in groups:
        if len(group) == 1 and needed == 1:
            gate_low = gate_high = group[0]
            group_low, group_high, _gate = done[gate_low]
        else:
            group_low, gate_low = _enough([(done[one].low, one) for one in group], needed, low=True)
            group_high, gate_high = _enough(
                [(done[one].high, one) for one in group], needed, low=False
            )
        if group_low > low:
            low, low_gate = group_low, gate_low
        if group_high > high:
            high, high_gate = group_high, gate_high
    is_known = own is not None and high < inf
    return Restore(start + low, limit + high, high_gate if is_known else low_gate)


def _enough(times: list[tuple[float, Key]], needed: int, *, low: bool) -> tuple[float, Key]:
    """When enough alternatives are back: the time of the last one that is needed."""
    times.sort()
    if needed > len(times):
        return (times[-1][0] if low else inf), times[-1][1]
    return times[needed - 1]


def _circle(
    component: Component,
    own: Mapping[Key, float | None],
    groups: Mapping[Key, Groups],
    done: Mapping[Key, Restore],
) -> dict[Key, Restore]:
    inside = dict.fromkeys(component, Restore(0.0, inf, None))
    view = {**inside}
    slowest = Restore(0.0, inf, None)
    for key in component:
        for group, _needed in groups.get(key, ()):
            view |= {one: done[one] for one in group if one not in inside}
        found = _restore(0.0, groups.get(key), view)
        if found.low > slowest.low:
            slowest = found
    longest = max(own[key] or 0.0 for key in component)
    # No gate inside the circle: the critical path must end somewhere.
    gate = slowest.gate if slowest.gate not in inside else None
    return dict.fromkeys(component, Restore(longest + slowest.low, inf, gate))


class Loss(NamedTuple):
    """How old an asset's newest data may be, with everything its data come from."""

    seconds: float
    is_known: bool
    source: Key


def data_losses(
    own: Mapping[Key, float | None],
    needs: Mapping[Key, Sequence[Key]],
    order: Iterable[Component],
) -> dict[Key, Loss]:
    """The worst along the data arrows: nothing is fresher than what it is made from.

    `order` names everything that has to do with data; the others lose what they lose themselves.
    """
    losses = {key: Loss(span or 0.0, span is not None, key) for key, span in own.items()}
    for component in order:
        key = component[0]
        if len(component) == 1 and key not in needs:
            continue
        around = [losses[one] for key in component for one in (key, *needs.get(key, ()))]
        # The seconds stand first: of two that are equal any will do.
        worst = max(around)
        is_known = all(loss.is_known for loss in around)
        for key in component:
            losses[key] = Loss(worst.seconds, is_known, worst.source)
    return losses
