"""Where the operations of a run contradict each other: both sides, and what holds meanwhile."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

Op = Mapping[str, Any]
Clash = dict[str, Any]


def find_clashes(by_step: Mapping[str, list[Op]], ops: list[Op]) -> list[Clash]:
    """Every contradiction, settled or not, in a fixed order."""
    seen = _settled(ops)
    found: list[Clash] = []
    for step, own in sorted(by_step.items()):
        found += _done_and_skipped(step, own)
        found += _taken_back_unseen(step, own)
        found += _two_choices(step, own)
    found += _two_holders(ops)
    for clash in found:
        # Settled once somebody has answered for every side; a later arrival opens it again.
        clash["open"] = not any(
            set(clash["sides"]) <= sides for sides in seen.get(clash["key"], [])
        )
    return found


def by_people(skips: list[Op]) -> list[Op]:
    """What a person left out; what the plan left out by itself contradicts nobody."""
    return [op for op in skips if not op["payload"].get("plan", False)]


def _settled(ops: Iterable[Op]) -> dict[str, list[set[str]]]:
    settled: dict[str, list[set[str]]] = {}
    for op in ops:
        if op["kind"] == "settle":
            sides = set(op["payload"].get("seen", []))
            settled.setdefault(op["payload"]["clash"], []).append(sides)
    return settled


def _done_and_skipped(step: str, ops: list[Op]) -> list[Clash]:
    """One says it was done, another one that it was left out; neither knew of the other."""
    standing = _not_taken_back(ops)
    ticks = _full(standing)
    skips = by_people([op for op in standing if op["kind"] == "skip"])
    if not (ticks and skips):
        return []
    # Evidence of a deed weighs more than a plan to leave it out, until a person says otherwise.
    overruled = {
        undone for op in ops if op["kind"] == "settle" for undone in op["payload"].get("undoes", [])
    }
    holds = "done" if any(op["id"] not in overruled for op in ticks) else "skipped"
    return [_clash("done_skipped", step, [*ticks, *skips], holds)]


def _taken_back_unseen(step: str, ops: list[Op]) -> list[Clash]:
    """Somebody took a tick back without knowing that another one had ticked it, too."""
    standing = _full(_not_taken_back(ops))
    return [
        _clash("taken_back", step, [back, *unseen], "done")
        for back in ops
        if back["kind"] == "untick"
        and _undid_tick(back, ops)
        and (unseen := [op for op in standing if op["hlc"] < back["hlc"]])
    ]


def _undid_tick(back: Op, ops: list[Op]) -> bool:
    undone = set(back["payload"].get("undoes", []))
    return any(op["id"] in undone for op in _full(ops))


def _two_choices(step: str, ops: list[Op]) -> list[Clash]:
    """Two people propose different answers to the same question."""
    asked = [op for op in ops if op["kind"] == "propose"]
    answered = {op["payload"]["proposal"] for op in ops if op["kind"] == "answer"}
    waiting = [op for op in asked if op["id"] not in answered]
    choices = {op["payload"].get("chosen", "") for op in waiting}
    return [_clash("choice", step, waiting, "nothing")] if len(choices) > 1 else []


def _two_holders(ops: list[Op]) -> list[Clash]:
    """Two people gave the same role away, each from the same holder."""
    by_start: dict[tuple[str, str], list[Op]] = {}
    for op in ops:
        if op["kind"] == "assign":
            said = op["payload"]
            by_start.setdefault((said["role"], said.get("was", "")), []).append(op)
    clashes = []
    for (role, was), rivals in sorted(by_start.items()):
        if len({op["payload"]["user"] for op in rivals}) > 1:
            clash = _clash("role", "", rivals, str(rivals[-1]["payload"]["user"]))
            clashes.append(clash | {"key": f"role:{role}:{was}"})
    return clashes


def _not_taken_back(ops: list[Op]) -> list[Op]:
    undone = {
        undone for op in ops if op["kind"] == "untick" for undone in op["payload"].get("undoes", [])
    }
    return [op for op in ops if op["id"] not in undone]


def _full(ops: list[Op]) -> list[Op]:
    return [op for op in ops if op["kind"] == "tick" and op["payload"].get("part", 2) != 1]


def _clash(kind: str, step: str, sides: list[Op], holds: str) -> Clash:
    key = f"{kind}:{step}" if kind != "taken_back" else f"{kind}:{step}:{sides[0]['id']}"
    return {
        "key": key,
        "kind": kind,
        "step": step,
        "sides": [op["id"] for op in sides],
        "holds": holds,
        "certain": _order_is_certain(sides),
    }


def _order_is_certain(sides: list[Op]) -> bool:
    """Whether the clocks can tell which side came first: their intervals do not touch."""
    if any(op["unsure"] < 0 for op in sides):
        return False
    spans = sorted((op["at"] - op["unsure"], op["at"] + op["unsure"]) for op in sides)
    return all(before[1] < after[0] for before, after in pairwise(spans))
