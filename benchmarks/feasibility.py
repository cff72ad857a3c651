"""How long it takes to judge every objective of a large company: 5,000 assets, 10,000 arrows."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

from assets.feasibility import Arrow, Node, hard_groups, judge, own_times
from assets.fixes import budgets, cheapest_fix
from assets.graph_shape import forget_shapes
from assets.restoring import restore_times

ASSETS = 5000
ARROWS = 10_000
REPEATS = 15
LIMIT_MS = 50.0


def company() -> tuple[dict[int, Node], list[Arrow]]:
    """The same graph each time: mostly hard arrows, some data, some pools of three."""
    rng = Random(7)
    minute = timedelta(minutes=1)
    nodes = {
        key: Node(
            f"A-{key}",
            own_restore=None if rng.random() < 0.05 else rng.randint(0, 20) * minute,
            rto=rng.randint(30, 600) * minute,
            rpo=rng.randint(0, 60) * minute,
            mtpd=rng.randint(300, 3000) * minute,
            wrt=rng.randint(0, 60) * minute,
            backup_every=rng.choice([None, 15 * minute]),
        )
        for key in range(ASSETS)
    }
    arrows: list[Arrow] = []
    while len(arrows) < ARROWS:
        key = rng.randrange(1, ASSETS)
        near = max(0, key - 400)
        if rng.random() < 0.1 and key > 3:
            pool = rng.sample(range(near, key), 3)
            arrows += [Arrow(key, one, "hard", f"pool-{key}", 2) for one in pool]
        else:
            kind = "data" if rng.random() < 0.2 else "hard"
            arrows.append(Arrow(key, rng.randrange(near, key), kind))
    return nodes, arrows[:ARROWS]


def measured(work: Callable[[], object]) -> float:
    """The median of many turns, in milliseconds of the processor: others may be busy too."""
    turns = []
    for _turn in range(REPEATS):
        started = time.process_time()
        work()
        turns.append(1000 * (time.process_time() - started))
    return statistics.median(turns)


def judged_anew(nodes: dict[int, Node], arrows: list[Arrow]) -> object:
    """Judge without what is kept of the shape of the graph."""
    forget_shapes()
    return judge(nodes, arrows)


def redrawn_by(nodes: dict[int, Node], arrows: list[Arrow]) -> Callable[[], object]:
    """Judge after one more arrow was drawn, another one each time."""
    rng = Random(11)

    def work() -> object:
        key = rng.randrange(1000, ASSETS)
        return judge(nodes, [*arrows, Arrow(key, rng.randrange(key - 900, key), "hard")])

    judge(nodes, arrows)
    return work


def main() -> int:
    """Measure and print the table."""
    nodes, arrows = company()
    groups = hard_groups(nodes, arrows)
    own = own_times(nodes)
    verdict = judge(nodes, arrows)
    worst = max(verdict.findings, key=lambda key: verdict.restores[key].seconds)
    rto = nodes[worst].rto or timedelta()
    lines = [("work", "measured", "limit", "ratio")]
    for name, work in (
        ("the core pass: restore times", lambda: restore_times(own, groups)),
        ("all three passes with findings", lambda: judge(nodes, arrows)),
        ("the same, an arrow was just drawn", redrawn_by(nodes, arrows)),
        ("the same, arrows never seen before", lambda: judged_anew(nodes, arrows)),
        ("budgets pushed down", lambda: budgets(nodes, groups)),
        ("the cheapest fix of one asset", lambda: cheapest_fix(worst, rto, nodes, groups)),
    ):
        took = measured(work)
        lines.append((name, f"{took:.1f} ms", f"{LIMIT_MS:.0f} ms", f"{took / LIMIT_MS:.2f}"))
    print(
        f"{ASSETS:,} assets, {ARROWS:,} arrows, {sum(map(len, verdict.findings.values())):,}"
        f" findings; medians of {REPEATS} turns. The limit is for all three passes."
    )
    for line in lines:
        print(" | ".join(word.ljust(34 if number == 0 else 10) for number, word in enumerate(line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
