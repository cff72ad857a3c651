"""How long the return of the link takes: 10,000 operations that 200 devices kept for themselves.

Each device tells what it did in one batch, and then, as after a lost answer, once more. The time of
a merge is that of one batch: from its arrival to the canonical state that the device gets. When the
link returns to all of them at once, and one process takes them in one after the other, the last run
is merged when the last batch is.
"""

import random
import statistics
import sys
import time
from datetime import timedelta
from importlib import import_module
from typing import Any

DEVICES = 200
EACH = 50
RUNS = 10
STEPS = 20
# A person who waits for "merged" looks at the screen that long without asking what is wrong.
MERGE_LIMIT_S = 2.0
TOTAL_LIMIT_S = 300.0


def prepare() -> tuple[list[Any], list[Any]]:
    """Ten incidents with a plan each, and a person for each device."""
    from django.core.management import call_command  # noqa: PLC0415  # needs Django

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0)
    makers, make = import_module("tests.make_incidents"), import_module("tests.make")
    roles = import_module("bcp_portal.accounts.roles")
    runs = [
        makers.make_run({"Isolate": [f"Step {number} of {which}" for number in range(STEPS)]})
        for which in range(RUNS)
    ]
    people = [make.make_user(roles.Role.RESPONDER) for _device in range(DEVICES)]
    return runs, people


def make_batch(chance: random.Random, number: int, run: Any, steps: list[Any]) -> list[Any]:
    """What one device did in an hour: mostly ticks and notes, now and then a skip."""
    make, telling = import_module("tests.make"), import_module("tests.offline.telling")
    told = []
    for _operation in range(EACH):
        at = make.NOON + timedelta(seconds=chance.randint(0, 3600))
        kind = chance.choice(("tick", "tick", "tick", "note", "note", "skip"))
        words = {"tick": {}, "note": {"text": "seen"}, "skip": {"reason": "not here"}}[kind]
        step = chance.choice(steps)
        device = f"device-{number}"
        told.append(telling.make_told(kind, run, at=at, step=step, device=device, **words))
    return told


def tell(batch: list[Any], run: Any, person: Any) -> float:
    """Bring one batch in and take the state back; seconds."""
    operation = import_module("incidents.services.operation")
    log = import_module("incidents.selectors.run_log")
    at = import_module("tests.make").LATER
    started = time.perf_counter()
    operation.apply_operations(told=batch, runs={run.pk: run}, actor=person, at=at)
    log.run_answer(run, after=0)
    return time.perf_counter() - started


def main() -> int:
    """Measure, check that nothing was lost or doubled, print."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark

    django.setup()
    models = import_module("incidents.models")
    runs, people = prepare()
    chance = random.Random(7)
    steps = {run.pk: list(models.RunStep.objects.filter(phase__run=run)) for run in runs}
    batches = [
        (make_batch(chance, number, runs[number % RUNS], steps[runs[number % RUNS].pk]), number)
        for number in range(DEVICES)
    ]
    first = [tell(batch, runs[number % RUNS], people[number]) for batch, number in batches]
    kept = models.Operation.objects.filter(is_queued=True).count()
    again = [tell(batch, runs[number % RUNS], people[number]) for batch, number in batches]
    still = models.Operation.objects.filter(is_queued=True).count()
    slowest, tenth = max(first), len(first) // 10
    print(
        f"{kept:,} operations of {DEVICES} devices in {sum(first):.1f} s"
        f" ({kept / sum(first):,.0f} a second, limit {TOTAL_LIMIT_S:.0f} s in all);"
        f" a batch of {EACH} merged in {statistics.median(first):.2f} s, the slowest in"
        f" {slowest:.2f} s (limit {MERGE_LIMIT_S:.0f} s); the first tenth in"
        f" {statistics.median(first[:tenth]):.2f} s, the last in"
        f" {statistics.median(first[-tenth:]):.2f} s; told again in {sum(again):.1f} s,"
        f" {still - kept} counted twice"
    )
    whole = kept == still == DEVICES * EACH
    return 0 if whole and slowest <= MERGE_LIMIT_S and sum(first) <= TOTAL_LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
