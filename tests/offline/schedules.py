"""Replicas that work apart and meet by chance: every schedule must end in one state, nothing lost.

python -m tests.offline.schedules 1000000
"""

import random
import sys
import time
from collections.abc import Iterable
from multiprocessing import Pool, cpu_count

from incidents.offline.fold import fold, state_hash
from tests.offline.vectors import make_operation

Op = dict
CHUNK = 500


class DivergedError(AssertionError):
    """A schedule after which replicas disagree, or something is gone."""


class Replica:
    """One device or portal: what it has heard, in the order in which it heard it."""

    def __init__(self) -> None:
        self.heard: list[Op] = []

    def hear(self, ops: Iterable[Op]) -> None:
        self.heard += ops


def run_schedule(seed: int) -> None:
    """A handful of replicas work, meet, lose answers and meet again; then everybody meets."""
    chance = random.Random(seed)
    replicas = [Replica() for _replica in range(chance.randint(2, 6))]
    done: list[Op] = []
    for _event in range(chance.randint(4, 24)):
        if chance.random() < 0.55:
            one = chance.choice(replicas)
            known = [op["id"] for op in one.heard]
            op = make_operation(chance, len(done), known)
            done.append(op)
            one.hear([op])
        else:
            meet(chance, *chance.sample(replicas, 2))
    for teller in replicas:  # the link is back for good: everybody tells everybody everything
        for listener in replicas:
            listener.hear(chance.sample(teller.heard, len(teller.heard)))
    check(seed, replicas, done)


def meet(chance: random.Random, one: Replica, other: Replica) -> None:
    """A part gets through, in any order, some of it twice; perhaps in one direction only."""
    for teller, listener in ((one, other), (other, one)):
        if chance.random() < 0.8:
            part = chance.sample(teller.heard, chance.randint(0, len(teller.heard)))
            listener.hear(part + chance.sample(part, chance.randint(0, len(part))))


def check(seed: int, replicas: list[Replica], done: list[Op]) -> None:
    states = [fold(replica.heard) for replica in replicas]
    if len({state_hash(state) for state in states}) != 1:
        raise DivergedError(f"schedule {seed}: replicas disagree")
    if states[0]["size"] != len(done):
        raise DivergedError(f"schedule {seed}: {states[0]['size']} of {len(done)} operations")
    listed = {(clash["kind"], clash["step"]) for clash in states[0]["clashes"]}
    if missing := contradictions(done) - listed:
        raise DivergedError(f"schedule {seed}: not listed: {sorted(missing)}")


def contradictions(ops: list[Op]) -> set[tuple[str, str]]:
    """Done against skipped, found without the fold: a tick and a skip that both still stand."""
    undone = {
        one for op in ops if op["kind"] == "untick" for one in op["payload"].get("undoes", [])
    }
    standing = [op for op in ops if op["id"] not in undone]
    ticked = {
        op["step"] for op in standing if op["kind"] == "tick" and op["payload"].get("part", 2) != 1
    }
    skipped = {
        op["step"] for op in standing if op["kind"] == "skip" and not op["payload"].get("plan")
    }
    return {("done_skipped", step) for step in ticked & skipped}


def run_chunk(first: int) -> int:
    for seed in range(first, first + CHUNK):
        run_schedule(seed)
    return CHUNK


def main(count: int) -> int:
    """Run that many schedules on every processor; the first one that fails is named."""
    started, done = time.monotonic(), 0
    with Pool(cpu_count()) as pool:
        for size in pool.imap_unordered(run_chunk, range(0, count, CHUNK)):
            done += size
            print(f"\r{done:,} schedules converge", end="", file=sys.stderr, flush=True)
    print(f"\n{done:,} schedules converge, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
