"""The operations of one run in memory: what a step shows is worked out again only when it is told.

The state stays a fold. An operation that arrives makes the fold of its own step new, and no other;
notes and evidence, which change no step, do not even do that.
"""

from bisect import insort
from collections.abc import Iterable

from incidents.offline.fold import Op, State, fold

# What a step can show as a consequence; the rest is appended and contradicts nothing.
DEEDS = frozenset({"tick", "untick", "skip", "settle", "propose", "answer"})


class Ledger:
    """Operations as they arrive, in any order and however often."""

    def __init__(self) -> None:
        self._known: dict[str, Op] = {}
        self._deeds: dict[str, list[Op]] = {}
        self._kept: dict[str, State] = {}

    def add(self, operations: Iterable[Op]) -> None:
        """Take operations in; what is known already changes nothing."""
        for op in operations:
            if op["id"] in self._known:
                continue
            self._known[op["id"]] = op
            if op["step"] and op["kind"] in DEEDS:
                own = self._deeds.setdefault(op["step"], [])
                insort(own, op, key=lambda one: (one["hlc"], one["id"]))
                self._kept.pop(op["step"], None)

    def of_step(self, step: str) -> State:
        """The state of one step and its clashes: the fold of its deeds."""
        if step not in self._kept:
            self._kept[step] = fold(self._deeds.get(step, ()))
        return self._kept[step]

    def whole(self) -> State:
        """The state of the run: the fold of everything."""
        return fold(self._known.values())
