"""The order in which things can come back: leaves first, every circle as one. No recursion."""

from collections.abc import Iterable, Mapping, Sequence

Key = int
Needs = Mapping[Key, Sequence[Key]]
Component = tuple[Key, ...]


def in_order(keys: Iterable[Key], needs: Needs) -> list[Component]:
    """Everything after what it needs; what hangs in one circle stands together.

    Linear in keys and arrows. A graph without circles, the usual case, is done in the first pass.
    """
    every = list(keys)
    left = {key: len(needs[key]) for key in every if needs.get(key)}
    needed_by: dict[Key, list[Key]] = {}
    for key in left:
        for there in needs[key]:
            needed_by.setdefault(there, []).append(key)
    ready = [key for key in every if key not in left]
    for key in ready:  # grows while it is walked
        for above in needed_by.get(key, ()):
            left[above] -= 1
            if not left[above]:
                ready.append(above)
    found: list[Component] = [(key,) for key in ready]
    if len(ready) < len(every):
        done = set(ready)
        found += _components([key for key in every if key not in done], needs, done)
    return found


def closure(start: Iterable[Key], follow: Mapping[Key, Sequence[Key]]) -> set[Key]:
    """Everything that can be reached, the start included; circles do no harm."""
    seen = set(start)
    waiting = list(seen)
    while waiting:
        for there in follow.get(waiting.pop(), ()):
            if there not in seen:
                seen.add(there)
                waiting.append(there)
    return seen


def _components(keys: list[Key], needs: Needs, done: set[Key]) -> list[Component]:
    """The strongly connected components of what is left (Tarjan), needed ones first."""
    inside = set(keys)
    walk = _Walk(
        {
            key: [one for one in needs.get(key, ()) if one in inside and one not in done]
            for key in keys
        }
    )
    for key in keys:
        if key not in walk.number:
            walk.run(key)
    return walk.found


class _Walk:
    """One depth-first walk with a stack of its own: a long chain must not exhaust Python's."""

    def __init__(self, needs: Mapping[Key, list[Key]]) -> None:
        self.needs = needs
        self.number: dict[Key, int] = {}
        self.lowest: dict[Key, int] = {}
        self.open: list[Key] = []
        self.is_open: set[Key] = set()
        self.found: list[Component] = []

    def run(self, start: Key) -> None:
        """Find every component that can be reached from here."""
        self._enter(start)
        trail = [(start, iter(self.needs[start]))]
        while trail:
            here, rest = trail[-1]
            there = next(rest, None)
            if there is None:
                trail.pop()
                if trail:
                    above = trail[-1][0]
                    self.lowest[above] = min(self.lowest[above], self.lowest[here])
                self._leave(here)
            elif there not in self.number:
                self._enter(there)
                trail.append((there, iter(self.needs[there])))
            elif there in self.is_open:
                self.lowest[here] = min(self.lowest[here], self.number[there])

    def _enter(self, key: Key) -> None:
        self.number[key] = self.lowest[key] = len(self.number)
        self.open.append(key)
        self.is_open.add(key)

    def _leave(self, key: Key) -> None:
        if self.lowest[key] != self.number[key]:
            return
        together: list[Key] = []
        while not together or together[-1] != key:
            together.append(self.open.pop())
        self.is_open.difference_update(together)
        self.found.append(tuple(sorted(together)))
