"""A graph in which arrows come and go is judged as if it had never been seen before (O3)."""

from random import Random

import pytest

from assets import graph_shape
from assets.feasibility import Arrow, judge
from assets.graph_shape import forget_shapes, hard_groups, redrawn
from tests.assets.test_feasibility_against_force import small_world

KINDS = ["hard", "hard", "degraded", "data"]


def changed(rng, keys, arrows):
    """The same arrows with one more, one less, or one of another kind; circles happen."""
    arrows = list(arrows)
    at = rng.randrange(len(arrows)) if arrows else 0
    one = Arrow(*rng.sample(keys, 2), rng.choice(KINDS), rng.choice(["", "pool"]))
    what = rng.choice(["draw", "erase", "redraw"]) if arrows else "draw"
    arrows[at : at + (what != "draw")] = [] if what == "erase" else [one]
    return arrows


def seen_of(verdict):
    return verdict.restores, verdict.losses, dict(verdict.findings), sorted(verdict.circles)


@pytest.mark.parametrize("seed", range(60))
def test_a_graph_redrawn_arrow_by_arrow_is_judged_as_one_never_seen(seed):
    rng = Random(seed)
    nodes, arrows = small_world(seed)
    for _turn in range(12):
        arrows = changed(rng, list(nodes), arrows)
        known = judge(nodes, arrows)

        forget_shapes()
        fresh = judge(nodes, arrows)

        assert seen_of(known) == seen_of(fresh)
        forget_shapes()
        judge(nodes, arrows)  # what the next turn starts from


def test_one_arrow_more_is_not_worked_out_everywhere(monkeypatch):
    nodes, arrows = small_world(3)
    top, bottom = max(nodes), min(nodes)
    forget_shapes()
    judge(nodes, arrows)
    looked_at = []

    def watched(keys, some):
        looked_at.extend(some := list(some))
        return hard_groups(keys, some)

    monkeypatch.setattr(graph_shape, "hard_groups", watched)
    judge(nodes, [*arrows, Arrow(top, bottom)])

    assert {arrow.asset for arrow in looked_at} == {top}


def test_another_set_of_assets_is_another_graph():
    nodes, arrows = small_world(3)
    forget_shapes()
    judge(nodes, arrows)

    known = graph_shape._last[0]

    assert redrawn(known, (*known.keys, 99), known.arrows) is None
