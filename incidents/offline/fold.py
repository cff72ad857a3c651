"""The state of a run as a fold of its operations, in any order, however often they are told.

`static/js/offline/fold.js` is the same fold for the browser. Both reproduce the same recorded
vectors (`tests/offline/vectors.py`), so a change here is a change there.

An operation is a plain mapping: `id`, `kind`, `step` ("" for the run itself), `actor`, `device`,
`hlc` (hybrid logical clock as a string that sorts), `at` (when it was done, corrected, in
milliseconds), `unsure` (half the width of the interval in milliseconds, -1 when the clock was never
compared), `base` (the cursor known to whoever did it) and `payload`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.offline.clashes import by_people, find_clashes

Op = Mapping[str, Any]
State = dict[str, Any]


def fold(operations: Iterable[Op]) -> State:
    """Return the state that follows from a set of operations; order and repeats do not matter."""
    ops = in_order(operations)
    undone = undone_by(ops, ("untick", "settle"))
    by_step: dict[str, list[Op]] = {}
    for op in ops:
        if op["step"]:
            by_step.setdefault(op["step"], []).append(op)
    return {
        "steps": {step: _step(own, undone) for step, own in sorted(by_step.items())},
        "notes": [said(op, "text") for op in _told(ops, "note")],
        "evidence": [said(op, "text", "sha256") for op in _told(ops, "evidence")],
        "roles": _roles(ops),
        "proposals": _proposals(ops),
        "clashes": find_clashes(by_step, ops),
        "size": len(ops),
    }


def state_hash(state: State) -> str:
    """Return the fingerprint of a state; two replicas that agree have the same."""
    return sha256_hex(canonical_json(state))


def in_order(operations: Iterable[Op]) -> list[Op]:
    """Each operation once, in the order of the hybrid logical clock."""
    once: dict[str, Op] = {}
    for op in operations:
        once.setdefault(op["id"], op)
    return sorted(once.values(), key=lambda op: (op["hlc"], op["id"]))


def undone_by(ops: Iterable[Op], kinds: tuple[str, ...]) -> set[tuple[str, str]]:
    """What was taken back, as (step, operation): only what its author had seen, and said why."""
    return {
        (op["step"], undone)
        for op in ops
        if op["kind"] in kinds
        for undone in op["payload"].get("undoes", [])
    }


def said(op: Op, *fields: str) -> dict[str, Any]:
    """Who did something, when, as far as the clock of the device can be trusted."""
    plain = {name: op[name] for name in ("id", "actor", "device", "at", "unsure", "step")}
    return plain | {field: op["payload"].get(field, "") for field in fields}


def _told(ops: Iterable[Op], kind: str) -> list[Op]:
    return sorted((op for op in ops if op["kind"] == kind), key=lambda op: (op["at"], op["id"]))


def _step(ops: list[Op], undone: set[tuple[str, str]]) -> dict[str, Any]:
    standing = [op for op in ops if (op["step"], op["id"]) not in undone]
    ticks = _told(standing, "tick")
    full = [op for op in ticks if op["payload"].get("part", 2) != 1]
    skips = _told(standing, "skip")
    return {
        "status": _status(full, ticks, skips, by_people(skips)),
        # The first tick is when it was done; later ones corroborate it.
        "done": said(full[0], "chosen", "note") if full else None,
        "corroborated": [said(op, "chosen", "note") for op in full[1:]],
        "first_half": [said(op, "chosen") for op in ticks if op not in full],
        "skipped": said(skips[0], "reason") if skips else None,
        "taken_back": [
            said(op, "reason") | {"undoes": sorted(op["payload"].get("undoes", []))}
            for op in ops
            if op["kind"] == "untick"
        ],
    }


def _status(full: list[Op], ticks: list[Op], skips: list[Op], disputing: list[Op]) -> str:
    if full:
        return "disputed" if disputing else "done"
    if skips:
        return "skipped"
    return "waiting" if ticks else "open"


def _roles(ops: list[Op]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for op in ops:  # in the order of the clock: the last writer stays
        if op["kind"] == "assign":
            held[op["payload"]["role"]] = said(op, "user")
    return dict(sorted(held.items()))


def _proposals(ops: list[Op]) -> list[dict[str, Any]]:
    answers: dict[str, Op] = {}
    for op in ops:
        if op["kind"] == "answer":
            answers.setdefault(op["payload"]["proposal"], op)
    return [
        said(op, "what", "chosen", "reason") | {"answer": _answer(answers.get(op["id"]))}
        for op in ops
        if op["kind"] == "propose"
    ]


def _answer(op: Op | None) -> dict[str, Any] | None:
    if op is None:
        return None
    return said(op, "reason") | {"accepted": bool(op["payload"].get("accepted", False))}
